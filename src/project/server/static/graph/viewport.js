// Pan and zoom: moves a layer of an SVG without drawing it again.
import { followGestures } from "./gestures.js";

const SCALES = { min: 0.01, max: 3, legible: 0.6, readable: 0.75, detailed: 0.35 };
const MARGIN = 24;
const ZOOM_STEP = 1.3;

/** @typedef {Point & { scale: number, refit: (() => void) | null }} View */
/** @typedef {() => Extent | undefined} GetExtent */
/** @typedef {(view: Rectangle & { scale: number }) => void} WatchView The place of the drawing, and the size of the window. */

/**
 * Controls how `layer` is seen in `svg`, until `detach()`; `extent()` is what is drawn there.
 * @param {SVGSVGElement} svg
 * @param {SVGGElement} layer
 * @param {GetExtent} extent
 * @returns {Viewport}
 */
export function attachViewport(svg, layer, extent) {
  /** @type {View} */
  const view = { x: 0, y: 0, scale: 1, refit: null };
  /** @type {Set<WatchView>} */
  const watchers = new Set();
  const notify = (/** @type {WatchView} */ watcher) => {
    const { width, height } = svg.getBoundingClientRect();
    watcher({ x: view.x, y: view.y, scale: view.scale, width, height });
  };
  const moves = movesOf(view, svg, extent, () => {
    layer.setAttribute("transform", `translate(${view.x} ${view.y}) scale(${view.scale})`);
    svg.dataset.detail = view.scale < SCALES.detailed ? "low" : "high";
    watchers.forEach(notify);
  });
  const watch = (/** @type {WatchView} */ watcher) => {
    watchers.add(watcher);
    notify(watcher);
    return () => watchers.delete(watcher);
  };
  const observer = new ResizeObserver(() => {
    view.refit?.();
    watchers.forEach(notify);
  });
  observer.observe(svg);
  const endGestures = followGestures(svg, moves);
  const detach = () => {
    observer.disconnect();
    endGestures();
  };
  return { ...moves, watch, detach };
}

/**
 * @param {View} view
 * @param {SVGSVGElement} svg
 * @param {GetExtent} extent
 * @param {() => void} show
 * @returns {Omit<Viewport, "detach" | "watch">}
 */
function movesOf(view, svg, extent, show) {
  const size = () => svg.getBoundingClientRect();
  /** @type {(x: number, y: number, scale: number, refit?: View["refit"]) => void} */
  const place = (x, y, scale, refit = null) => {
    Object.assign(view, { x, y, scale, refit });
    show();
  };
  /** @type {Viewport["pan"]} */
  const pan = (dx, dy) => place(view.x + dx, view.y + dy, view.scale);

  /**
   * Changes the scale around a point of the window, which stays where it is.
   * @type {Viewport["zoom"]}
   */
  function zoom(factor, around) {
    const { width, height } = size();
    const { x, y } = around ?? { x: width / 2, y: height / 2 };
    const scale = clamp(view.scale * factor, SCALES.min, SCALES.max);
    const by = scale / view.scale;
    place(x - (x - view.x) * by, y - (y - view.y) * by, scale);
  }

  /** Shows everything, or at the scale that `choose` makes of that; again when the window changes its size. */
  function fit(choose = (/** @type {number} */ scale) => scale) {
    const drawn = extent();
    if (!drawn) return;
    const { x, y, scale } = fitted(drawn, size(), choose);
    place(x, y, scale, () => fit(choose));
  }

  /**
   * Moves no more than needed to see a box.
   * @type {Viewport["reveal"]}
   */
  function reveal(box) {
    const dx = distanceIntoSight(view.x + box.x * view.scale, box.width * view.scale, size().width);
    const dy = distanceIntoSight(view.y + box.y * view.scale, box.height * view.scale, size().height);
    if (dx || dy) pan(dx, dy);
  }

  /**
   * Shows a box in the middle, large enough to be read.
   * @type {Viewport["centre"]}
   */
  function centre(box) {
    const { width, height } = size();
    const scale = box.width ? Math.max(view.scale, SCALES.readable) : view.scale;
    place(width / 2 - (box.x + box.width / 2) * scale, height / 2 - (box.y + box.height / 2) * scale, scale);
  }

  return {
    pan,
    zoom,
    reveal,
    centre,
    zoomIn: () => zoom(ZOOM_STEP),
    zoomOut: () => zoom(1 / ZOOM_STEP),
    fit: () => fit(),
    /** Shows everything if it can be read then, or else as much, from the first box on, as can be read well. */
    start: () => fit((scale) => (scale < SCALES.legible ? SCALES.readable : scale)),
    isMoved: () => view.refit === null,
    /** Shows the second place where the first one was. */
    keep: (before, after) => pan((before.x - after.x) * view.scale, (before.y - after.y) * view.scale),
  };
}

/**
 * @param {Extent} extent
 * @param {Size} room
 * @param {(scale: number) => number} choose
 */
function fitted({ width, height, first }, room, choose) {
  const [roomWidth, roomHeight] = [Math.max(room.width - MARGIN, 1), Math.max(room.height - MARGIN, 1)];
  const scale = choose(clamp(Math.min(roomWidth / width, roomHeight / height), SCALES.min, 1));
  return {
    x: startOf(width * scale, room.width, (first.x + first.width / 2) * scale),
    y: startOf(height * scale, room.height, (first.y + first.height / 2) * scale),
    scale,
  };
}

/**
 * Where the drawing begins: in the middle if there is room, or else so that its first box is there.
 * @param {number} length
 * @param {number} room
 * @param {number} focus
 */
function startOf(length, room, focus) {
  const spare = room - length;
  return spare >= 0 ? spare / 2 : clamp(room / 2 - focus, spare, 0);
}

/**
 * @param {number} from
 * @param {number} length
 * @param {number} room
 */
function distanceIntoSight(from, length, room) {
  if (from < MARGIN) return MARGIN - from;
  return from + length > room - MARGIN ? Math.max(room - MARGIN - from - length, MARGIN - from) : 0;
}

/**
 * @param {number} value
 * @param {number} min
 * @param {number} max
 */
function clamp(value, min, max) {
  return Math.min(Math.max(value, min), max);
}
