// What belongs to one node, beside the graph. Escape closes it, and leads back to the node.
import { html, useEffect, useRef } from "../vendor/html.js";

/** @param {{ id: string, title: string, onClose: () => void, children: any }} props */
export function GraphPanel({ id, title, onClose, children }) {
  /** @type {Ref<HTMLElement>} */
  const heading = useRef();
  useEffect(() => {
    heading.current.focus({ preventScroll: true });
  }, []);
  // Not when the panel goes: another one, which has got the focus, may have taken its place.
  const close = () => {
    focusBox(/** @type {Element} */ (heading.current.closest(".graph")), id);
    onClose();
  };
  const onKeyDown = (/** @type {KeyboardEvent} */ event) => {
    if (event.key === "Escape") close();
  };
  return html`<aside class="graph-panel" aria-label=${title} onKeyDown=${onKeyDown}>
    <header>
      <h3 tabindex="-1" ref=${heading}>${title}</h3>
      <button type="button" class="quiet" aria-label="Close" title="Close (Escape)" onClick=${close}>✕</button>
    </header>
    ${children}
  </aside>`;
}

/**
 * Focuses a node's box, or the one where the Tab key stops if its namespace was folded meanwhile.
 * @param {Element} graph
 * @param {string} id
 */
function focusBox(graph, id) {
  const box =
    graph.querySelector(`.graph-box[data-id="${CSS.escape(id)}"]`) ?? graph.querySelector('.graph-box[tabindex="0"]');
  /** @type {SVGElement | null} */ (box)?.focus({ preventScroll: true });
}
