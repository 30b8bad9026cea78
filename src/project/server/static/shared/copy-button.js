// Copying to the clipboard.
import { html, useState } from "../vendor/html.js";

const SHOWN_MILLISECONDS = 2000;

/**
 * `text`: what is copied, or a function that gets it. With `hasWords`, the label is shown instead of a picture.
 * @param {{ text: string | (() => string | Promise<string>), label: string, hasWords?: boolean }} props
 */
export function CopyButton({ text, label, hasWords = false }) {
  const [words, setWords] = useState("");
  const copy = async () => {
    try {
      await copyText(typeof text === "string" ? text : await text());
      setWords("Copied");
    } catch (error) {
      setWords(/** @type {Error} */ (error).message);
    }
    setTimeout(() => setWords(""), SHOWN_MILLISECONDS);
  };
  const picture = html`<svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true">
    <path d="M5.5 5.5V2.5H13.5V10.5H10.5M2.5 5.5H10.5V13.5H2.5Z" />
  </svg>`;
  return html`<button type="button" class="quiet copy" aria-label=${label} title=${label} onClick=${copy}>
      ${hasWords ? label : picture}
    </button><span role="status" class="small muted">${words}</span>`;
}

/**
 * Browsers have a clipboard for pages only over https, or on this machine. Elsewhere, the text is selected in a field for
 * a moment, which takes the focus; in a dialog, only what is in it can have that.
 * @param {string} text
 */
export async function copyText(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const focused = /** @type {HTMLElement | null} */ (document.activeElement);
  const area = document.createElement("textarea");
  area.value = text;
  (focused?.closest("dialog") ?? document.body).append(area);
  area.select();
  const isCopied = document.execCommand("copy");
  area.remove();
  focused?.focus({ preventScroll: true });
  if (!isCopied) throw new Error("The browser does not allow copying.");
}
