// Moving through the grid with the keyboard: the Tab key stops once, the arrow keys move from cell to cell.
import { useLayoutEffect, useRef } from "../vendor/html.js";

/** @typedef {{ row: number, column: number }} Place Row -1 has the runs, column -1 the names of the nodes. */

const PAGE_ROWS = 10;
const HEAD = -1;

/** @type {Record<string, (place: Place, end: Place) => Place>} */
const MOVES = {
  ArrowUp: ({ row, column }) => ({ row: row - 1, column }),
  ArrowDown: ({ row, column }) => ({ row: row + 1, column }),
  ArrowLeft: ({ row, column }) => ({ row, column: column - 1 }),
  ArrowRight: ({ row, column }) => ({ row, column: column + 1 }),
  PageUp: ({ row, column }) => ({ row: row - PAGE_ROWS, column }),
  PageDown: ({ row, column }) => ({ row: row + PAGE_ROWS, column }),
  Home: ({ row }) => ({ row, column: HEAD }),
  End: ({ row }, end) => ({ row, column: end.column }),
};

/**
 * Returns the handler of keys for the box in which the grid scrolls. Its cells have their place in `data-at`.
 * @param {Ref<HTMLElement>} box
 * @param {number} rows
 * @param {number} columns
 * @param {number} rowHeight
 * @returns {(event: KeyboardEvent) => void}
 */
export function useGridKeys(box, rows, columns, rowHeight) {
  const end = { row: rows - 1, column: columns - 1 };
  /** @type {Ref<Place>} */
  const stop = useRef({ row: 0, column: columns - 1 });
  /** @type {Ref<Place | null>} */
  const wanted = useRef(null);
  const elementAt = (/** @type {Place} */ { row, column }) =>
    /** @type {HTMLElement | null} */ (box.current.querySelector(`[data-at="${row} ${column}"]`));
  const setStop = (/** @type {Place} */ place) => {
    for (const old of box.current.querySelectorAll('[data-at][tabindex="0"]')) old.setAttribute("tabindex", "-1");
    stop.current = place;
    elementAt(place)?.setAttribute("tabindex", "0");
  };
  const goTo = (/** @type {Place} */ place) => {
    const element = elementAt(place);
    wanted.current = element ? null : place;
    if (!element) {
      box.current.scrollTop = place.row * rowHeight;
      box.current.focus({ preventScroll: true }); // the cell that has the focus may go out of sight, and be gone
      return;
    }
    setStop(place);
    element.focus({ preventScroll: true });
    element.scrollIntoView({ block: "nearest", inline: "nearest" });
  };
  // A row that was out of sight is rendered after the box has scrolled there; and the stop of the Tab key may have gone.
  useLayoutEffect(() => {
    if (wanted.current && elementAt(wanted.current)) goTo(wanted.current);
    if (box.current.querySelector('[data-at][tabindex="0"]')) return;
    const place = within(stop.current, end);
    const first = /** @type {HTMLElement | null} */ (box.current.querySelector(".grid-head + div [data-at]"));
    setStop(elementAt(place) || !first ? place : placeOf(first));
  });
  return (event) => {
    const element = /** @type {HTMLElement | null} */ (/** @type {Element} */ (event.target).closest("[data-at]"));
    const place = wanted.current ?? (element && placeOf(element));
    const move = MOVES[event.key];
    if (!place || !move || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const next = within(move(place, end), end);
    // The corner above the names has nothing to go to.
    goTo(next.row === HEAD && next.column === HEAD ? place : next);
  };
}

/** @param {HTMLElement} element */
function placeOf(element) {
  const [row, column] = (element.dataset.at ?? "").split(" ").map(Number);
  return { row, column };
}

/**
 * @param {Place} place
 * @param {Place} end
 */
function within({ row, column }, end) {
  return { row: Math.min(Math.max(row, HEAD), end.row), column: Math.min(Math.max(column, HEAD), end.column) };
}
