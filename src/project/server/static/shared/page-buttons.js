// Turning the pages of a list, the newest first; the page is in the address.
import { html, useEffect } from "../vendor/html.js";
import { setQuery } from "./router.js";

/**
 * Goes to the last page that there is from one behind it, such as one of which all rows were deleted.
 * @param {number} page
 * @param {number | null} count Null while it is not known.
 * @param {number} size
 */
export function useLastPage(page, count, size) {
  const last = count === null ? page : Math.min(page, pagesOf(count, size));
  useEffect(() => {
    if (last < page) setQuery({ page: last === 1 ? null : last });
  }, [page, last]);
}

/**
 * On the first and the last page a button cannot be used, but keeps the focus, which a disabled one would lose.
 * @param {{ page: number, count: number, size: number }} props
 */
export function PageButtons({ page, count, size }) {
  const pages = pagesOf(count, size);
  const first = Math.min((page - 1) * size + 1, count);
  const last = Math.min(page * size, count);
  const turnTo = (/** @type {number} */ next) => setQuery({ page: next === 1 ? null : next }, { replace: false });
  return html`<nav class="pages" aria-label="Pages">
    <span class="muted numbers" role="status">${first.toLocaleString()}–${last.toLocaleString()} of ${count.toLocaleString()}</span>
    <button type="button" aria-disabled=${String(page <= 1)} onClick=${() => page > 1 && turnTo(page - 1)}>Newer</button>
    <button type="button" aria-disabled=${String(page >= pages)} onClick=${() => page < pages && turnTo(page + 1)}>Older</button>
  </nav>`;
}

/**
 * @param {number} count
 * @param {number} size
 */
function pagesOf(count, size) {
  return Math.max(1, Math.ceil(count / size));
}
