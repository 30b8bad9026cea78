// What belongs to one node, beside the graph. Escape closes it, and leads back to the node.
import { html, useEffect, useRef } from "../vendor/html.js";

/** @param {{ title: string, onClose: () => void, children: any }} props */
export function GraphPanel({ title, onClose, children }) {
  /** @type {Ref<HTMLElement>} */
  const heading = useRef();
  useEffect(() => {
    const before = /** @type {SVGElement | null} */ (document.activeElement?.closest(".graph-box") ?? null);
    heading.current.focus({ preventScroll: true });
    return () => before?.focus({ preventScroll: true });
  }, []);
  const onKeyDown = (/** @type {KeyboardEvent} */ event) => {
    if (event.key === "Escape") onClose();
  };
  return html`<aside class="graph-panel" aria-label=${title} onKeyDown=${onKeyDown}>
    <header>
      <h3 tabindex="-1" ref=${heading}>${title}</h3>
      <button type="button" class="quiet" aria-label="Close" title="Close (Escape)" onClick=${onClose}>✕</button>
    </header>
    ${children}
  </aside>`;
}
