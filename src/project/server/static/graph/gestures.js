// What wheel and pointers do to a viewport.

const DRAG_FROM = 4; // pixels: less is a click
const LINE = 16; // pixels
const ZOOM_OF_A_PIXEL = 0.004;

/**
 * Listen on an element until the returned function is called. Plain wheel, and one finger upwards or downwards, are
 * left to the page, which they scroll; ctrl with the wheel zooms, as a pinch does.
 */
export function followGestures(element, moves) {
  const end = new AbortController();
  const on = (name, act) => element.addEventListener(name, act, { signal: end.signal, passive: false });
  on("wheel", (event) => turn(event, element, moves));
  followPointers(element, moves, on);
  return () => end.abort();
}

function turn(event, element, moves) {
  const isZoom = event.ctrlKey || event.metaKey;
  if (!isZoom && Math.abs(event.deltaX) <= Math.abs(event.deltaY)) return;
  event.preventDefault();
  const unit = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? LINE : 1;
  if (isZoom) moves.zoom(Math.exp(-event.deltaY * unit * ZOOM_OF_A_PIXEL), at(element, event));
  else moves.pan(-event.deltaX * unit, 0);
}

/** One pointer drags; two pinch. */
function followPointers(element, moves, on) {
  const pointers = new Map();
  const forget = ({ pointerId }) => pointers.delete(pointerId);
  on("pointerdown", (event) => {
    if (event.button === 0) pointers.set(event.pointerId, { from: at(element, event), now: at(element, event) });
  });
  on("pointermove", (event) => {
    if (event.buttons) drag(event, element, pointers, moves);
    else forget(event);
  });
  for (const name of ["pointerup", "pointercancel"]) on(name, forget);
}

function drag(event, element, pointers, moves) {
  const pointer = pointers.get(event.pointerId);
  const now = at(element, event);
  if (!pointer || (!pointer.isDrag && distance(pointer.from, now) < DRAG_FROM)) return;
  if (!pointer.isDrag) element.setPointerCapture(event.pointerId);
  const was = grip(pointers);
  const is = grip(pointers.set(event.pointerId, { ...pointer, now, isDrag: true }));
  moves.pan(is.x - was.x, is.y - was.y);
  if (was.spread && is.spread) moves.zoom(is.spread / was.spread, is);
}

/** The middle of the pointers, and how far they are from each other. */
function grip(pointers) {
  const [one, two = one] = [...pointers.values()].map(({ now }) => now);
  return { x: (one.x + two.x) / 2, y: (one.y + two.y) / 2, spread: distance(one, two) };
}

function at(element, { clientX, clientY }) {
  const { left, top } = element.getBoundingClientRect();
  return { x: clientX - left, y: clientY - top };
}

function distance(one, two) {
  return Math.hypot(one.x - two.x, one.y - two.y);
}
