// The keys of the graph.

const PAN = 60; // pixels
const ARROWS = {
  ArrowLeft: [PAN, 0],
  ArrowRight: [-PAN, 0],
  ArrowUp: [0, PAN],
  ArrowDown: [0, -PAN],
};

/**
 * A handler: + - 0 zoom, shift with arrows pans, arrows alone walk, Enter and Space use or fold what has the focus,
 * F folds the namespace around it.
 */
export function keyActions(view, act) {
  return (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const action = viewAction(event, view) ?? focusAction(event, act);
    if (!action) return;
    event.preventDefault();
    action();
  };
}

function viewAction({ key, shiftKey }, view) {
  if (shiftKey && ARROWS[key]) return () => view.pan(...ARROWS[key]);
  return { "+": view.zoomIn, "=": view.zoomIn, "-": view.zoomOut, _: view.zoomOut, 0: view.fit }[key];
}

function focusAction({ key, target }, act) {
  const { fold } = target.dataset;
  const isUse = key === "Enter" || key === " ";
  if (fold) return isUse && (() => act.fold(fold));
  const id = target.closest(".graph-box")?.dataset.id;
  if (!id) return null;
  if (ARROWS[key]) return () => act.step(key, id);
  if (key.toLowerCase() === "f") return () => act.foldAround(id);
  return isUse && (() => act.use(id, { isEnter: key === "Enter" }));
}
