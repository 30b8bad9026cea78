// A traceback as users read it: their own line in sight, the frames of what runs nodes folded.
import { CopyButton } from "../shared/copy-button.js";
import { formatCount } from "../shared/format.js";
import { html, useEffect, useMemo, useRef } from "../vendor/html.js";
import { groupsOf } from "./traceback.js";

/** @import { TracebackGroup, TracebackPart } from "./traceback.js" */

/** @param {{ lines: string[] | undefined, isOpen: boolean }} props */
export function Traceback({ lines, isOpen }) {
  if (!lines?.length) return null;
  const text = lines.join("\n");
  return html`<details class="traceback" open=${isOpen}>
    <summary>Traceback</summary>
    <${TracebackText} text=${text} />
    <${CopyButton} text=${text} label="Copy traceback" hasWords />
  </details>`;
}

/** @param {{ text: string }} props */
function TracebackText({ text }) {
  const groups = useMemo(() => groupsOf(text), [text]);
  /** @type {Ref<HTMLElement>} */
  const box = useRef();
  useEffect(() => {
    const own = /** @type {HTMLElement | null} */ (box.current.querySelector(".own-frame"));
    if (own) box.current.scrollTop = own.offsetTop - box.current.clientHeight / 2;
  }, [groups]);
  return html`<div class="traceback-text" ref=${box} tabindex="0" role="region" aria-label="Traceback">
    ${groups.map((group, index) => html`<${Group} key=${index} group=${group} />`)}
  </div>`;
}

/** @param {{ group: TracebackGroup }} props */
function Group({ group: { isFolded, parts } }) {
  if (!isFolded) return parts.map((part) => html`<${Part} part=${part} />`);
  return html`<details class="library-frames">
    <summary>${formatCount(parts.length, "frame")} of Kedro and Prefect</summary>
    ${parts.map((part) => html`<${Part} part=${part} />`)}
  </details>`;
}

/** @param {{ part: TracebackPart }} props */
function Part({ part: { lines, isOwn } }) {
  return html`<pre class=${isOwn ? "own-frame" : null}>${lines.join("\n")}</pre>`;
}
