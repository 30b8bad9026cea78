// What an address shows that leads nowhere.
import { html } from "../vendor/html.js";
import { pathTo, useTitle } from "../router.js";

export default function Nothing() {
  useTitle("Nothing here");
  return html`<div class="empty">
    <h1>There is nothing at this address</h1>
    <p>${location.pathname}</p>
    <p><a href=${pathTo()}>All flows</a></p>
  </div>`;
}
