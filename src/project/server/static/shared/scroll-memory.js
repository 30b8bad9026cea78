// Where users were in a view and in its lists, for when they come back to it.

const SAVE_MILLISECONDS = 150;
const RESTORE_MILLISECONDS = 4000; // a view is loaded first
const PAGE = "page";

/** @typedef {Record<string, number>} Places How far each list is scrolled, by its `data-scroll`. */

/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;
/** @type {Places | null} */
let wanted = null;

/** Follows what is scrolled: a list takes part if it has the attribute `data-scroll` with a name. */
export function rememberScrolling() {
  history.scrollRestoration = "manual";
  addEventListener("scroll", onScroll, { capture: true, passive: true });
  addEventListener("popstate", restore);
  for (const name of ["wheel", "keydown", "pointerdown", "touchstart"]) addEventListener(name, stop, { passive: true });
  restore();
}

/** To be called before the address changes. */
export function saveScrolling() {
  clearTimeout(timer);
  if (!wanted) history.replaceState({ ...history.state, scroll: placesNow() }, "");
}

function onScroll() {
  clearTimeout(timer);
  if (!wanted) timer = setTimeout(saveScrolling, SAVE_MILLISECONDS);
}

/** The view may still be loading: what is wanted is tried again with each frame. */
function restore() {
  clearTimeout(timer);
  const places = /** @type {Places | undefined} */ (history.state?.scroll);
  wanted = places && Object.values(places).some(Boolean) ? { ...places } : null;
  if (!wanted) scrollTo(0, 0);
  const deadline = performance.now() + RESTORE_MILLISECONDS;
  const tryAgain = (/** @type {Places | null} */ mine) => {
    if (wanted !== mine || !mine) return;
    for (const [name, top] of Object.entries(mine)) if (moveTo(name, top)) delete mine[name];
    if (Object.keys(mine).length && performance.now() < deadline) requestAnimationFrame(() => tryAgain(mine));
    else wanted = null;
  };
  tryAgain(wanted);
}

/** Whoever scrolls does not want to be somewhere else any more. */
function stop() {
  wanted = null;
}

/**
 * @param {string} name
 * @param {number} top
 */
function moveTo(name, top) {
  const box = boxes().get(name);
  if (!box || box.scrollHeight - box.clientHeight < top) return false;
  box.scrollTop = top;
  return true;
}

/** @returns {Places} */
function placesNow() {
  return Object.fromEntries([...boxes()].map(([name, box]) => [name, Math.round(box.scrollTop)]));
}

/** @returns {Map<string, Element>} */
function boxes() {
  const lists = /** @type {HTMLElement[]} */ ([...document.querySelectorAll("[data-scroll]")]);
  return new Map([[PAGE, document.documentElement], ...lists.map((box) => pairOf(box))]);
}

/**
 * @param {HTMLElement} box
 * @returns {[string, Element]}
 */
function pairOf(box) {
  return [box.dataset.scroll ?? "", box];
}
