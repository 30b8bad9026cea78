// Data that is loaded again and again while somebody looks at it, and why it could not be.
import { html, useCallback, useEffect, useLayoutEffect, useRef, useState } from "../vendor/html.js";

const MAX_SECONDS = 30;
const HIDDEN_SECONDS = 20;

/**
 * @template T
 * @typedef {{
 *   load: (previous: T | null) => Promise<T>, seconds: (data: T | null) => number, isOver: (data: T | null) => boolean, whileHidden: boolean,
 * }} Polling
 */
/**
 * @template T
 * @typedef {{ data: T | null, error: (Error & { isUnreachable?: boolean }) | null }} Polled
 */

/**
 * Loads now, and again every `seconds` while the tab is visible; every 30 seconds while `isOver(data)`, for what is
 * over may begin again. What is loaded in parts gives `seconds` as a function of the data. A hidden tab polls slowly if `whileHidden`, or else not at all. If `load(previousData)` returns its argument, nothing is rendered again.
 * @template T
 * @param {(previous: T | null) => Promise<T>} load
 * @param {unknown[]} dependencies
 * @param {{ seconds?: number | ((data: T | null) => number), isOver?: (data: T | null) => boolean, whileHidden?: boolean }} options
 */
export function usePolling(load, dependencies, { seconds = 1, isOver = () => false, whileHidden = false } = {}) {
  const [polled, setPolled] = useState(/** @type {Polled<T>} */ (NOT_LOADED));
  /** @type {Ref<Polling<T>>} */
  const latest = useRef();
  const secondsOf = typeof seconds === "number" ? () => seconds : seconds;
  latest.current = { load, seconds: secondsOf, isOver, whileHidden };
  /** @type {Ref<ReturnType<typeof startPolling> | null>} */
  const poller = useRef(null);
  // An effect would wait for the first paint; this way the request is on its way while the browser paints.
  useLayoutEffect(() => {
    setPolled(NOT_LOADED);
    poller.current = startPolling(latest, (change) => setPolled((previous) => merged(previous, change)));
    return poller.current.stop;
  }, dependencies);
  const refresh = useCallback(async () => poller.current?.refresh(), []);
  useRefreshOnResumption(isOver(polled.data), refresh);
  return { ...polled, refresh };
}

/**
 * Above a view; always in the document, so that screen readers announce what comes into it. A part of a view (`isPart`)
 * leaves it to the view to say that the server is away.
 * @param {{ error: (Error & { isUnreachable?: boolean }) | null, isPart?: boolean }} props
 */
export function ErrorBanner({ error, isPart = false }) {
  const isUnreachable = error?.isUnreachable ?? false;
  const hint = isUnreachable && " The data shown may be out of date. Trying again…";
  const isShown = error && !(isPart && isUnreachable);
  return html`<div role="status">${isShown && html`<p class="error-banner">${error.message}${hint}</p>`}</div>`;
}

/**
 * What begins again does not wait for the next slow poll.
 * @param {boolean} isOver
 * @param {() => Promise<void>} refresh
 */
function useRefreshOnResumption(isOver, refresh) {
  const wasOver = useRef(isOver);
  useEffect(() => {
    if (wasOver.current && !isOver) refresh();
    wasOver.current = isOver;
  }, [isOver]);
}

const NOT_LOADED = { data: null, error: null };

/**
 * @template T
 * @param {Polled<T>} previous
 * @param {Partial<Polled<T>>} change
 */
function merged(previous, change) {
  const keys = /** @type {(keyof Polled<T>)[]} */ (Object.keys(change));
  return keys.every((key) => previous[key] === change[key]) ? previous : { ...previous, ...change };
}

/**
 * @template T
 * @param {Ref<Polling<T>>} latest
 * @param {(change: Partial<Polled<T>>) => void} show
 */
function startPolling(latest, show) {
  /** @type {T | null} */
  let data = null;
  let failures = 0;
  /** @type {number | undefined} */
  let timer;
  /** @type {Promise<void> | null} */
  let loading = null;
  let isStopped = false;

  async function loadOnce() {
    try {
      const newData = await latest.current.load(data);
      if (isStopped) return;
      data = newData;
      failures = 0;
      show({ data, error: null });
    } catch (error) {
      if (isStopped) return;
      failures += 1;
      show({ error: /** @type {Error} */ (error) });
    }
  }

  function scheduleNext() {
    clearTimeout(timer);
    if (isStopped || (document.hidden && !latest.current.whileHidden)) return;
    timer = setTimeout(run, 1000 * secondsToWait());
  }

  function secondsToWait() {
    const { seconds, isOver } = latest.current;
    if (!failures && isOver(data)) return MAX_SECONDS;
    return Math.min(Math.max(seconds(data) * 2 ** failures, document.hidden ? HIDDEN_SECONDS : 0), MAX_SECONDS);
  }

  function run() {
    clearTimeout(timer);
    loading ??= loadOnce().finally(() => {
      loading = null;
      scheduleNext();
    });
    return loading;
  }

  /** What is being loaded already may be older than the change to show: it is loaded once more after that. */
  async function refresh() {
    await loading;
    if (!isStopped) await run();
  }

  const onVisibilityChange = () => {
    if (!document.hidden) refresh();
  };
  document.addEventListener("visibilitychange", onVisibilityChange);
  run();
  return {
    refresh,
    stop() {
      isStopped = true;
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", onVisibilityChange);
    },
  };
}
