// What stands in the place of a view whose address names nothing.
import { html } from "../html.js";
import { pathTo } from "../router.js";
import { useTitle } from "../title.js";

export function Missing({ what, id }) {
  useTitle(`No such ${what}`);
  return html`<div class="empty"><h1>There is no such ${what}</h1><p><code>${id}</code></p><p><a href=${pathTo()}>All flows</a></p></div>`;
}
