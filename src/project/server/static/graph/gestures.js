// What the wheel and pointers do to a viewport.

const MIN_DRAG_PIXELS = 4; // less is a click
const LINE_PIXELS = 16;
const ZOOM_PER_PIXEL = 0.004;

/** @typedef {Pick<Viewport, "pan" | "zoom">} Moves */
/** @typedef {{ from: Point, now: Point, isDrag?: boolean }} Pointer */

/**
 * Listens on an element until the returned function is called. The plain wheel, and one finger moving up or down, are
 * left to the page, which they scroll; ctrl with the wheel zooms, as a pinch does.
 * @param {Element} element
 * @param {Moves} moves
 */
export function followGestures(element, moves) {
  const end = new AbortController();
  const options = { signal: end.signal, passive: false };
  /** @type {Map<number, Pointer>} */
  const pointers = new Map();
  const forget = (/** @type {Event} */ event) => pointers.delete(/** @type {PointerEvent} */ (event).pointerId);
  /** @type {(name: string, listener: (event: any) => void) => void} */
  const on = (name, listener) => element.addEventListener(name, listener, options);
  on("wheel", (event) => turnWheel(event, element, moves));
  on("pointerdown", (/** @type {PointerEvent} */ event) => {
    const place = placeIn(element, event);
    if (event.button === 0) pointers.set(event.pointerId, { from: place, now: place });
  });
  on("pointermove", (/** @type {PointerEvent} */ event) => {
    if (event.buttons) drag(event, element, pointers, moves);
    else forget(event);
  });
  on("pointerup", forget);
  on("pointercancel", forget);
  return () => end.abort();
}

/**
 * @param {WheelEvent} event
 * @param {Element} element
 * @param {Moves} moves
 */
function turnWheel(event, element, moves) {
  const isZoom = event.ctrlKey || event.metaKey;
  if (!isZoom && Math.abs(event.deltaX) <= Math.abs(event.deltaY)) return;
  event.preventDefault();
  const unit = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? LINE_PIXELS : 1;
  if (isZoom) moves.zoom(Math.exp(-event.deltaY * unit * ZOOM_PER_PIXEL), placeIn(element, event));
  else moves.pan(-event.deltaX * unit, 0);
}

/**
 * One pointer drags; two pinch.
 * @param {PointerEvent} event
 * @param {Element} element
 * @param {Map<number, Pointer>} pointers
 * @param {Moves} moves
 */
function drag(event, element, pointers, moves) {
  const pointer = pointers.get(event.pointerId);
  const now = placeIn(element, event);
  if (!pointer || (!pointer.isDrag && distance(pointer.from, now) < MIN_DRAG_PIXELS)) return;
  if (!pointer.isDrag) element.setPointerCapture(event.pointerId);
  const before = gripOf(pointers);
  const after = gripOf(pointers.set(event.pointerId, { ...pointer, now, isDrag: true }));
  moves.pan(after.x - before.x, after.y - before.y);
  if (before.spread && after.spread) moves.zoom(after.spread / before.spread, after);
}

/**
 * The middle of the pointers, and how far they are from each other.
 * @param {Map<number, Pointer>} pointers
 */
function gripOf(pointers) {
  const [a, b = a] = [...pointers.values()].map(({ now }) => now);
  return { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2, spread: distance(a, b) };
}

/**
 * @param {Element} element
 * @param {MouseEvent} event
 */
function placeIn(element, { clientX, clientY }) {
  const { left, top } = element.getBoundingClientRect();
  return { x: clientX - left, y: clientY - top };
}

/**
 * @param {Point} a
 * @param {Point} b
 */
function distance(a, b) {
  return Math.hypot(a.x - b.x, a.y - b.y);
}
