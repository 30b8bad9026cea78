// Long lists of which only the rows in sight are rendered.
import { useLayoutEffect, useRef, useState } from "../vendor/html.js";

const MARGIN_ROWS = 20;

/**
 * Which rows of a scrolling box to render, from `first` to before `last`; `before` and `after` are the heights in
 * pixels that stand for the others. All rows have the same height. `margin`: how many rows out of sight are rendered, too.
 * @param {number} count
 * @param {number} rowHeight
 */
export function useVisibleRows(count, rowHeight, margin = MARGIN_ROWS) {
  /** @type {Ref<HTMLElement>} */
  const box = useRef();
  const [range, setRange] = useState({ first: 0, last: 3 * MARGIN_ROWS });
  useLayoutEffect(() => {
    const element = box.current;
    const update = () => setRange((previous) => rangeIn(element, rowHeight, margin, previous));
    const observer = new ResizeObserver(update);
    observer.observe(element);
    element.addEventListener("scroll", update, { passive: true });
    return () => {
      observer.disconnect();
      element.removeEventListener("scroll", update);
    };
  }, [rowHeight]);
  const first = Math.min(range.first, Math.max(0, count - margin));
  const last = Math.min(range.last, count);
  return { box, first, last, before: first * rowHeight, after: (count - last) * rowHeight };
}

/**
 * @param {HTMLElement} box
 * @param {number} rowHeight
 * @param {number} margin
 * @param {{ first: number, last: number }} previous
 */
function rangeIn(box, rowHeight, margin, previous) {
  // In steps of several rows, so that scrolling by one row renders nothing again.
  const inSteps = (/** @type {number} */ row) => Math.floor(row / margin) * margin;
  const top = Math.floor(box.scrollTop / rowHeight);
  const bottom = Math.ceil((box.scrollTop + box.clientHeight) / rowHeight);
  const first = Math.max(0, inSteps(top) - margin);
  const last = inSteps(bottom) + 2 * margin;
  return first === previous.first && last === previous.last ? previous : { first, last };
}
