// What is shown for an address that leads nowhere.
import { html } from "../vendor/html.js";
import { pathTo } from "./router.js";
import { useTitle } from "./title.js";

export default function UnknownAddress() {
  useTitle("Nothing here");
  return html`<div class="empty">
    <h1>There is nothing at this address</h1>
    <p>${location.pathname}</p>
    <p><a href=${pathTo()}>All flows</a></p>
  </div>`;
}

/**
 * In place of a view whose id names nothing.
 * @param {{ what: string, id: string }} props
 */
export function UnknownId({ what, id }) {
  useTitle(`No such ${what}`);
  return html`<div class="empty">
    <h1>There is no such ${what}</h1>
    <p><code>${id}</code></p>
    <p><a href=${pathTo()}>All flows</a></p>
  </div>`;
}
