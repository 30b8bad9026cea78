// The log of a flow run or a task run, live.
import { CopyButton } from "../shared/copy-button.js";
import { ErrorBanner, usePolling } from "../shared/polling.js";
import { isUuid, setQuery, useRoute } from "../shared/router.js";
import { SearchField } from "../shared/search-field.js";
import { html, useEffect, useRef, useState } from "../vendor/html.js";
import { loadAllBefore, loadEarlier, loadLog, MIN_LEVELS } from "./log-data.js";
import { LogLines } from "./log-lines.js";
import { logText, saveLog } from "./log-text.js";

/** @import { LogData, LogFilter } from "./log-data.js" */
/** @typedef {Pick<LogFilter, "taskRunId" | "minLevel" | "text">} UserFilter */

const TYPING_MILLISECONDS = 250;
const WRAP_KEY = "log wraps";

/**
 * `names`: Map(task run id -> name), to filter by and to link; empty for the log of one task run.
 * `name`: of the run, for the file that the log is saved in.
 * @param {{ flowRunId: string, taskRunId?: string, names?: Map<string, string>, name: string, isOver: boolean }} props
 */
export function Log({ flowRunId, taskRunId, names = new Map(), name, isOver }) {
  const userFilter = filterIn(useRoute().query);
  const filter = { ...userFilter, flowRunId, taskRunId: taskRunId ?? userFilter.taskRunId };
  const { data, error, loadMore } = useLog(filter, isOver);
  const [isWrapped, setWrapped] = useState(localStorage.getItem(WRAP_KEY) === "yes");
  const isFiltered = Object.values(userFilter).some(Boolean);
  const ended = isOver ? "Nothing was logged." : "Nothing has been logged yet.";
  const toggleWrap = () => {
    localStorage.setItem(WRAP_KEY, isWrapped ? "no" : "yes");
    setWrapped(!isWrapped);
  };
  const isWanted = useIsWanted(JSON.stringify(filter));
  const wholeText = async () => {
    const { lines } = await loadAllBefore(filter, await loadLog(filter, null), isWanted);
    if (!isWanted()) throw new Error("Another log is shown now.");
    return logText(lines, names);
  };
  return html`
    <div class="filters">
      <${Filters} filter=${userFilter} names=${taskRunId ? null : names} />
      <span class="log-tools">
        <button type="button" aria-pressed=${String(isWrapped)} onClick=${toggleWrap}>Wrap</button>
        <${CopyButton} text=${wholeText} label="Copy log" hasWords />
        <${DownloadButton} key=${JSON.stringify(filter)} text=${wholeText} name=${name} />
      </span>
    </div>
    <${ErrorBanner} error=${error} isPart />
    <${LogLines}
      key=${JSON.stringify(filter)} log=${data} names=${names} isWrapped=${isWrapped}
      onMore=${() => loadMore(loadEarlier)} onFirst=${() => loadMore((given, log) => loadAllBefore(given, log, isWanted))}
      ifEmpty=${isFiltered ? "No line matches the filter." : ended}
    />`;
}

/**
 * A function that returns whether the log is still shown with the same filter.
 * @param {string} filter
 */
function useIsWanted(filter) {
  /** @type {Ref<string | null>} */
  const shown = useRef(filter);
  shown.current = filter;
  useEffect(
    () => () => {
      shown.current = null;
    },
    [],
  );
  return () => shown.current === filter;
}

/** @param {{ text: () => Promise<string>, name: string }} props */
function DownloadButton({ text, name }) {
  const [{ isBusy, problem }, setProgress] = useState({ isBusy: false, problem: "" });
  const download = async () => {
    setProgress({ isBusy: true, problem: "" });
    try {
      saveLog(name, await text());
      setProgress({ isBusy: false, problem: "" });
    } catch (error) {
      setProgress({ isBusy: false, problem: /** @type {Error} */ (error).message });
    }
  };
  return html`<button type="button" aria-disabled=${String(isBusy)} onClick=${() => isBusy || download()}>${isBusy ? "Loading…" : "Download"}</button>
    ${problem && html`<span class="problem small" role="alert">${problem}</span>`}`;
}

/**
 * @param {LogFilter} filter
 * @param {boolean} isOver
 */
function useLog(filter, isOver) {
  /** @type {Ref<typeof loadEarlier | null>} */
  const wanted = useRef(null);
  const load = (/** @type {LogData | null} */ previous) => {
    const loadMissing = wanted.current;
    wanted.current = null;
    return previous?.earliest && loadMissing ? loadMissing(filter, previous) : loadLog(filter, previous);
  };
  const { data, error, refresh } = usePolling(load, [JSON.stringify(filter)], { isOver: () => isOver });
  const loadMore = (/** @type {typeof loadEarlier} */ loadMissing) => {
    wanted.current = loadMissing;
    return refresh();
  };
  return { data, error, loadMore };
}

/**
 * @param {URLSearchParams} address
 * @returns {UserFilter}
 */
function filterIn(address) {
  const textOf = (/** @type {string} */ name) => address.get(name) ?? "";
  const minLevel = MIN_LEVELS.find((level) => level === address.get("level")) ?? "";
  return { minLevel, taskRunId: isUuid(textOf("task")) ? textOf("task") : "", text: textOf("text") };
}

/** @param {{ filter: UserFilter, names: Map<string, string> | null }} props */
function Filters({ filter, names }) {
  const change = (/** @type {string} */ name) => (/** @type {FieldEvent} */ event) =>
    setQuery({ [name]: event.target.value });
  return html`
    <select aria-label="Level" value=${filter.minLevel} onChange=${change("level")}>
      <option value="">All levels</option>
      ${MIN_LEVELS.map((level) => html`<option key=${level} value=${level}>${level} and above</option>`)}
    </select>
    ${
      names &&
      html`<select class="shrinks" aria-label="Task" value=${filter.taskRunId} onChange=${change("task")}>
      <option value="">All tasks</option>
      ${[...names].map(([id, name]) => html`<option key=${id} value=${id}>${name}</option>`)}
    </select>`
    }
    <${SearchField} class="grows" label="Text" placeholder="Filter by text" text=${filter.text} delay=${TYPING_MILLISECONDS}
      onText=${(/** @type {string} */ text) => setQuery({ text })} />`;
}
