// Long lists of which only the rows in sight are drawn.
import { useLayoutEffect, useRef, useState } from "../vendor/html.js";

const MARGIN_ROWS = 20;

/** Rows of one height in a box that scrolls: {box, first, last, before, after} (the last two in pixels). */
export function useWindow(count, rowHeight) {
  const box = useRef();
  const [sight, setSight] = useState({ first: 0, last: 3 * MARGIN_ROWS });
  useLayoutEffect(() => {
    const element = box.current;
    const look = () => setSight((old) => sightOf(element, rowHeight, old));
    const observer = new ResizeObserver(look);
    observer.observe(element);
    element.addEventListener("scroll", look, { passive: true });
    return () => {
      observer.disconnect();
      element.removeEventListener("scroll", look);
    };
  }, [rowHeight]);
  const first = Math.min(sight.first, Math.max(0, count - MARGIN_ROWS));
  const last = Math.min(sight.last, count);
  return { box, first, last, before: first * rowHeight, after: (count - last) * rowHeight };
}

function sightOf(box, rowHeight, old) {
  const top = Math.floor(box.scrollTop / rowHeight);
  const bottom = Math.ceil((box.scrollTop + box.clientHeight) / rowHeight);
  const first = Math.max(0, stepped(top) - MARGIN_ROWS);
  const last = stepped(bottom) + 2 * MARGIN_ROWS;
  return first === old.first && last === old.last ? old : { first, last };
}

// In steps of several rows, so that scrolling by a row draws nothing anew.
function stepped(row) {
  return Math.floor(row / MARGIN_ROWS) * MARGIN_ROWS;
}
