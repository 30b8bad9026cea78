// The frame around every view: header, routing, what happens when a view breaks.
import { html, render, useEffect, useErrorBoundary, useLayoutEffect, useRef, useState } from "./vendor/html.js";
import { onTokenWanted } from "./api.js";
import { followLinks, useRoute } from "./router.js";
import { Header } from "./parts/header.js";

// Each view is the default export of a module of its own, given {id, query}: query is a URLSearchParams.
const VIEWS = {
  flows: () => import("./views/flows.js"),
  flow: () => import("./views/flow.js"),
  "flow-run": () => import("./views/run.js"),
  "task-run": () => import("./views/task-run.js"),
  agents: () => import("./views/agents.js"),
};
const VIEWS_OF_ONE = new Set(["flow", "flow-run", "task-run"]);

function App() {
  const route = useRoute();
  const place = `${route.view}/${route.id}`;
  const main = useRef();
  useFocusAfterMove(main, place);
  return html`
    <a class="skip" href="#main">Skip to content</a>
    <${Header} route=${route} />
    <main id="main" tabindex="-1" ref=${main}><${Guarded} key=${place} route=${route} /></main>
  `;
}

/** Who moved by the keyboard goes on in the new view, if what had the focus went with the old one. */
function useFocusAfterMove(main, place) {
  const known = useRef(place);
  useEffect(() => {
    if (known.current !== place && document.activeElement === document.body) main.current.focus();
    known.current = place;
  }, [place]);
}

function Guarded({ route }) {
  const [error] = useErrorBoundary(console.error);
  return error ? html`<${Broken} error=${error} />` : html`<${View} route=${route} />`;
}

function View({ route }) {
  const [loaded, setLoaded] = useState(null);
  useLayoutEffect(() => {
    const load = loaderOf(route);
    load().then((module) => setLoaded({ view: module.default }), (error) => setLoaded({ error }));
  }, [route.view]);
  if (loaded?.error) throw loaded.error;
  return loaded && html`<${loaded.view} id=${route.id} query=${route.query} />`;
}

function loaderOf({ view, id }) {
  const leadsSomewhere = Object.hasOwn(VIEWS, view) && (id !== null || !VIEWS_OF_ONE.has(view));
  return leadsSomewhere ? VIEWS[view] : () => import("./views/nothing.js");
}

// The page may be older than the server's files by now: all of it is loaded again.
function Broken({ error }) {
  return html`<div class="empty" role="alert">
    <h1>This view broke</h1>
    <p>${error.message}</p>
    <button type="button" onClick=${() => location.reload()}>Load the page again</button>
  </div>`;
}

onTokenWanted(async (isWrong) => (await import("./parts/token.js")).askForToken(isWrong));
followLinks(document);
render(html`<${App} />`, document.getElementById("app"));
