// Turning the pages of a list, the newest first; the page is in the address.
import { html } from "../vendor/html.js";
import { setQuery } from "./router.js";

/** @param {{ page: number, count: number, size: number }} props */
export function PageButtons({ page, count, size }) {
  const pages = Math.max(1, Math.ceil(count / size));
  const first = Math.min((page - 1) * size + 1, count);
  const last = Math.min(page * size, count);
  const turnTo = (/** @type {number} */ next) => setQuery({ page: next === 1 ? null : next }, { replace: false });
  return html`<nav class="pages" aria-label="Pages">
    <span class="muted numbers" role="status">${first.toLocaleString()}–${last.toLocaleString()} of ${count.toLocaleString()}</span>
    <button type="button" disabled=${page <= 1} onClick=${() => turnTo(page - 1)}>Newer</button>
    <button type="button" disabled=${page >= pages} onClick=${() => turnTo(page + 1)}>Older</button>
  </nav>`;
}
