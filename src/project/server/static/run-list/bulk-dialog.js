// Asks before something is done with many runs, and shows how far it is.
import { Dialog } from "../shared/dialog.js";
import { formatCount } from "../shared/format.js";
import { WhatGoes } from "../shared/what-goes.js";
import { html, useEffect, useRef, useState } from "../vendor/html.js";
import { loadRuns } from "./run-list-data.js";

/** @import { BulkAction } from "./bulk-actions.js" */
/** @import { SelectedRun } from "./run-list-data.js" */

const MAX_NAMED = 8;

/**
 * The runs are those that are selected when the dialog opens, with the states that they have then. `onDone` is called with
 * what is left of them: those that failed, and those that were not reached.
 * @param {{
 *   action: BulkAction, runs: SelectedRun[], onDone: (left: SelectedRun[]) => Promise<void>, onClose: () => void,
 * }} props
 */
export function BulkDialog({ action, runs, onDone, onClose }) {
  const [others, setOthers] = useState(0); // for which the action is not
  const [chosen, setChosen] = useState(/** @type {SelectedRun[] | null} */ (null));
  const [problem, setProblem] = useState("");
  const [done, setDone] = useState(0);
  const [isStopping, setStopping] = useState(false);
  const mustStop = useRef(false);
  const stop = () => {
    mustStop.current = true;
    setStopping(true);
  };
  useEffect(() => {
    loadRuns(runs.map(({ id }) => id)).then(
      (present) => {
        const applicable = present.filter(action.applies);
        setOthers(present.length - applicable.length);
        setChosen(applicable);
      },
      (error) => setProblem(error.message),
    );
    return stop;
  }, []);
  const act = async () => {
    mustStop.current = false;
    setStopping(false);
    const { left, problems } = await actOnEach(action, chosen ?? [], () => mustStop.current, setDone);
    await onDone(left);
    if (!problems.length) return;
    setChosen(left);
    setOthers(0);
    setDone(0);
    setStopping(false);
    throw new Error(problems.join("\n"));
  };
  const title = chosen ? `${action.title}: ${formatCount(chosen.length, "run")}` : action.title;
  return html`<${Dialog} title=${title} confirm=${action.title} isDangerous=${action.isDangerous} isDisabled=${!chosen?.length}
    onConfirm=${act} onClose=${onClose} onStop=${stop}>
    ${problem && html`<p class="problem" role="alert">${problem}</p>`}
    ${!chosen && !problem && html`<p class="muted" role="status">Loading the states of the runs…</p>`}
    ${chosen && html`<${Chosen} action=${action} chosen=${chosen} others=${others} />`}
    ${(done > 0 || isStopping) && html`<p role="status">${done} of ${chosen?.length} done${isStopping && ", stopping after this one"}</p>`}
  <//>`;
}

/** @param {{ action: BulkAction, chosen: SelectedRun[], others: number }} props */
function Chosen({ action, chosen, others }) {
  return html`
    ${
      chosen.length > 0 &&
      html`<p>${action.effect}</p>
      ${action.id === "delete" && html`<${WhatGoes} runs=${{ id: { _in: chosen.map(({ id }) => id) } }} />`}
      <ul class="bulk-runs">
        ${chosen.slice(0, MAX_NAMED).map(({ id, name, flow }) => html`<li key=${id}>${flow.name} · ${name}</li>`)}
        ${chosen.length > MAX_NAMED && html`<li class="muted">and ${chosen.length - MAX_NAMED} more</li>`}
      </ul>`
    }
    ${others > 0 && html`<p class="muted">${others} of the selected runs ${action.others}.</p>`}`;
}

/**
 * One run after another, until all are done or `mustStop` says so.
 * @param {BulkAction} action
 * @param {SelectedRun[]} runs
 * @param {() => boolean} mustStop
 * @param {(count: number) => void} onProgress
 */
async function actOnEach(action, runs, mustStop, onProgress) {
  /** @type {SelectedRun[]} */
  const left = [];
  /** @type {string[]} */
  const problems = [];
  for (const [index, run] of runs.entries()) {
    if (mustStop()) return { left: [...left, ...runs.slice(index)], problems };
    await action.act(run).catch((error) => {
      left.push(run);
      problems.push(`${run.flow.name} · ${run.name}: ${error.message}`);
    });
    onProgress(index + 1);
  }
  return { left, problems };
}
