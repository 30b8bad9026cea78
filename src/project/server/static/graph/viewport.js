// Pan and zoom: moves a layer of an SVG without drawing it anew.
import { followGestures } from "./gestures.js";

const SCALES = { least: 0.01, most: 3, legible: 0.6, readable: 0.75, detailed: 0.35 };
const MARGIN = 24;
const STEP = 1.3;

/** Control how `layer` is seen in `svg`, until `detach()`. `drawing()` is what it shows: {width, height, first}. */
export function attachViewport(svg, layer, drawing) {
  const view = { x: 0, y: 0, scale: 1, refit: null };
  const moves = movesOf(view, svg, drawing, () => {
    layer.setAttribute("transform", `translate(${view.x} ${view.y}) scale(${view.scale})`);
    svg.dataset.detail = view.scale < SCALES.detailed ? "low" : "high";
  });
  const resized = new ResizeObserver(() => view.refit?.());
  resized.observe(svg);
  const endGestures = followGestures(svg, moves);
  return { ...moves, detach: () => (resized.disconnect(), endGestures()) };
}

function movesOf(view, svg, drawing, show) {
  const size = () => svg.getBoundingClientRect();
  const place = (x, y, scale, refit = null) => show(Object.assign(view, { x, y, scale, refit }));
  const pan = (dx, dy) => place(view.x + dx, view.y + dy, view.scale);

  /** Changes the scale around a point of the window, which stays where it is. */
  function zoom(factor, { x, y } = middle(size())) {
    const scale = within(view.scale * factor, SCALES.least, SCALES.most);
    const by = scale / view.scale;
    place(x - (x - view.x) * by, y - (y - view.y) * by, scale);
  }

  /** Shows all, or what a function of the scale for that makes of it, until something else is asked. */
  function fit(choose = (scale) => scale) {
    if (!drawing()) return;
    const { x, y, scale } = fitted(drawing(), size(), choose);
    place(x, y, scale, () => fit(choose));
  }

  /** Moves no more than needed for a box to be seen. */
  function reveal(box) {
    const dx = missing(view.x + box.x * view.scale, box.width * view.scale, size().width);
    const dy = missing(view.y + box.y * view.scale, box.height * view.scale, size().height);
    if (dx || dy) pan(dx, dy);
  }

  return {
    pan,
    zoom,
    reveal,
    zoomIn: () => zoom(STEP),
    zoomOut: () => zoom(1 / STEP),
    fit: () => fit(),
    /** Shows all if it can be read, or else as much, from the first box on, as can be read well. */
    start: () => fit((scale) => (scale < SCALES.legible ? SCALES.readable : scale)),
    isMoved: () => view.refit === null,
    /** Shows the second box where the first one was. */
    keep: (was, is) => pan((was.x - is.x) * view.scale, (was.y - is.y) * view.scale),
  };
}

function middle({ width, height }) {
  return { x: width / 2, y: height / 2 };
}

function fitted({ width, height, first }, room, choose) {
  const [wide, high] = [Math.max(room.width - MARGIN, 1), Math.max(room.height - MARGIN, 1)];
  const scale = choose(within(Math.min(wide / width, high / height), SCALES.least, 1));
  return {
    x: edge(width * scale, room.width, (first.x + first.width / 2) * scale),
    y: edge(height * scale, room.height, (first.y + first.height / 2) * scale),
    scale,
  };
}

/** Where what is so long begins: in the middle of the room, or so that its focus is there. */
function edge(length, room, focus) {
  const spare = room - length;
  return spare >= 0 ? spare / 2 : within(room / 2 - focus, spare, 0);
}

function missing(from, length, room) {
  if (from < MARGIN) return MARGIN - from;
  return from + length > room - MARGIN ? Math.max(room - MARGIN - from - length, MARGIN - from) : 0;
}

function within(value, least, most) {
  return Math.min(Math.max(value, least), most);
}
