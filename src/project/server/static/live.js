// Data that stays fresh while somebody looks at it.
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from "./vendor/html.js";

const LONGEST_SECONDS = 30;

/**
 * Loads now, and again every so many seconds while the tab is visible; only now and then while
 * `isOver(data)`, for it may begin again. `load(previousData)` may return what it was given: then
 * nothing is drawn again.
 */
export function useLive(load, dependencies, { seconds = 1, isOver = () => false } = {}) {
  const [shown, setShown] = useState(NOTHING);
  const latest = useRef();
  latest.current = { load, seconds, isOver };
  const poll = useRef(null);
  // Not after the first paint: the answer is on its way while the browser draws.
  useLayoutEffect(() => {
    setShown(NOTHING);
    poll.current = startPolling(latest, (change) => setShown((old) => changed(old, change)));
    return poll.current.stop;
  }, dependencies);
  const refresh = useCallback(() => poll.current?.refresh(), []);
  useResumption(isOver(shown.data), refresh);
  return { ...shown, refresh };
}

/** Does not let what begins again wait for its next slow look. */
function useResumption(isOver, refresh) {
  const wasOver = useRef(isOver);
  useEffect(() => {
    if (wasOver.current && !isOver) refresh();
    wasOver.current = isOver;
  }, [isOver]);
}

const NOTHING = { data: null, error: null };

function changed(old, change) {
  const isSame = Object.keys(change).every((key) => old[key] === change[key]);
  return isSame ? old : { ...old, ...change };
}

function startPolling(latest, show) {
  let data = null;
  let failures = 0;
  let timer = null;
  let loading = null;
  let isStopped = false;

  async function round() {
    try {
      const found = await latest.current.load(data);
      if (isStopped) return;
      data = found;
      failures = 0;
      show({ data, error: null });
    } catch (error) {
      if (isStopped) return;
      failures += 1;
      show({ error });
    }
  }

  function next() {
    clearTimeout(timer);
    if (isStopped || document.hidden) return;
    timer = setTimeout(run, 1000 * secondsToWait());
  }

  function secondsToWait() {
    const { seconds, isOver } = latest.current;
    if (!failures && isOver(data)) return LONGEST_SECONDS;
    return Math.min(seconds * 2 ** failures, LONGEST_SECONDS);
  }

  function run() {
    clearTimeout(timer);
    loading ??= round().finally(() => {
      loading = null;
      next();
    });
    return loading;
  }

  /** Loads what is there after whatever is being loaded already. */
  async function refresh() {
    await loading;
    if (!isStopped) await run();
  }

  const wake = () => !document.hidden && refresh();
  document.addEventListener("visibilitychange", wake);
  run();
  return {
    refresh,
    stop() {
      isStopped = true;
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", wake);
    },
  };
}
