// The keys of the graph.

const PAN_PIXELS = 60;
/** @type {Record<string, [number, number]>} */
const ARROWS = {
  ArrowLeft: [PAN_PIXELS, 0],
  ArrowRight: [-PAN_PIXELS, 0],
  ArrowUp: [0, PAN_PIXELS],
  ArrowDown: [0, -PAN_PIXELS],
};

/** @typedef {KeyboardEvent & { target: SVGElement }} GraphKeyEvent */

/**
 * A handler: + - 0 zoom, shift with arrows pans, arrows alone walk, Enter and Space use or fold what has the focus,
 * F folds the namespace around it.
 * @param {Viewport} viewport
 * @param {BoxActions} actions
 * @returns {(event: GraphKeyEvent) => void}
 */
export function onGraphKey(viewport, actions) {
  return (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const action = viewportAction(event, viewport) ?? focusAction(event, actions);
    if (!action) return;
    event.preventDefault();
    action();
  };
}

/**
 * @param {GraphKeyEvent} event
 * @param {Viewport} viewport
 */
function viewportAction({ key, shiftKey }, viewport) {
  const arrow = ARROWS[key];
  if (shiftKey && arrow) return () => viewport.pan(...arrow);
  const { zoomIn, zoomOut, fit } = viewport;
  return /** @type {Record<string, () => void>} */ ({ "+": zoomIn, "=": zoomIn, "-": zoomOut, _: zoomOut, 0: fit })[
    key
  ];
}

/**
 * @param {GraphKeyEvent} event
 * @param {BoxActions} actions
 */
function focusAction({ key, target }, actions) {
  const { fold } = target.dataset;
  const isUse = key === "Enter" || key === " ";
  if (fold) return isUse ? () => actions.fold(fold) : null;
  const box = /** @type {SVGElement | null} */ (target.closest(".graph-box"));
  const id = box?.dataset.id;
  if (!id) return null;
  if (ARROWS[key]) return () => actions.step(key, id);
  if (key.toLowerCase() === "f") return () => actions.foldAround(id);
  return isUse ? () => actions.use(id, { isEnter: key === "Enter" }) : null;
}
