// Why a view could not be loaded or refreshed.
import { html } from "../vendor/html.js";

/**
 * Above a view; always in the document, so that screen readers announce what comes into it.
 * @param {{ error: (Error & { isUnreachable?: boolean }) | null }} props
 */
export function ErrorBanner({ error }) {
  const hint = " The data shown may be out of date. Trying again…";
  return html`<div role="status">
    ${error && html`<p class="error-banner">${error.message}${"isUnreachable" in error && error.isUnreachable && hint}</p>`}
  </div>`;
}
