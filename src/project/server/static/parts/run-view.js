// What the views of a flow run and of a task run have around what they show.
import { html } from "../vendor/html.js";
import { useTitle } from "../router.js";
import { useLive } from "../live.js";
import { Missing } from "./trouble.js";
import { isOver } from "./run-data.js";

/** `load(id, previousData)` finds the data, of which `titleOf` makes a title, and `Loaded` what is shown. */
export function RunView({ id, query, what, load, titleOf, Loaded }) {
  const { data, error, refresh } = useLive((previous) => load(id, previous), [id], { isOver });
  useTitle(data && !data.isMissing && titleOf(data));
  if (data?.isMissing) return html`<${Missing} what=${what} id=${id} />`;
  if (!data) return error && html`<p class="empty problem" role="alert">${error.message}</p>`;
  return html`
    ${error && html`<p class="problem" role="alert">${error.message}</p>`}
    <${Loaded} data=${data} shown=${query.get("tab")} onDone=${refresh} />`;
}
