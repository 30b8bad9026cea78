// What the views of a flow run and of a task run have in common: loading, title, errors.
import { UnknownId } from "../shared/not-found.js";
import { ErrorBanner, usePolling } from "../shared/polling.js";
import { useTitle } from "../shared/title.js";
import { html } from "../vendor/html.js";
import { isOver } from "./flow-run-data.js";

/**
 * `load(id, previousData)` loads the data of which `Loaded` renders the view.
 * @template {{ isMissing?: undefined, endSeen: number | null }} T
 * @param {{
 *   id: string, query: URLSearchParams, what: string,
 *   load: (id: string, previous: T | NotFound | null) => Promise<T | NotFound>,
 *   titleOf: (data: T) => { title: string, state: string }, Loaded: any,
 * }} props
 */
export function RunFrame({ id, query, what, load, titleOf, Loaded }) {
  const loadThis = (/** @type {T | NotFound | null} */ previous) => load(id, previous);
  const { data, error, refresh } = usePolling(loadThis, [id], { isOver, whileHidden: true });
  const { title, state } = data && !data.isMissing ? titleOf(data) : { title: null, state: null };
  useTitle(title, state);
  if (data?.isMissing) return html`<${UnknownId} what=${what} id=${id} />`;
  return html`
    <${ErrorBanner} error=${error} />
    ${data && html`<${Loaded} data=${data} tab=${query.get("tab")} onDone=${refresh} />`}`;
}
