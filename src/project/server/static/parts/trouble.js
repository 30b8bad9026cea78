// What stands in the place of what cannot be shown.
import { html } from "../vendor/html.js";
import { pathTo, useTitle } from "../router.js";

/** Above a view whose data cannot be had just now. */
export function Trouble({ error }) {
  return html`<div class="trouble-place" role="status">
    ${error && html`<p class="trouble">${error.message}${error.isAway && " What you see may be old; the page keeps trying."}</p>`}
  </div>`;
}

/** In the place of a view whose address names nothing. */
export function Missing({ what, id }) {
  useTitle(`No such ${what}`);
  return html`<div class="empty"><h1>There is no such ${what}</h1><p><code>${id}</code></p><p><a href=${pathTo()}>All flows</a></p></div>`;
}
