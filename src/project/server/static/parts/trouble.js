// What stands above a view whose data cannot be had just now.
import { html } from "../html.js";

export function Trouble({ error }) {
  return html`<div class="trouble-place" role="status">
    ${error && html`<p class="trouble">${error.message}${error.isAway && " What you see may be old; the page keeps trying."}</p>`}
  </div>`;
}
