// What every view is in: header, routing, and what is shown when a view fails.
import { Header } from "./header.js";
import { Notifications } from "./notifications.js";
import { onTokenRequired } from "./shared/api.js";
import { timeZoneInWords } from "./shared/format.js";
import { followLinks, useRoute } from "./shared/router.js";
import { rememberScrolling } from "./shared/scroll-memory.js";
import { html, render, useEffect, useErrorBoundary, useLayoutEffect, useRef, useState } from "./vendor/html.js";

// Each view is the default export of a module of its own, a component with ViewProps.
/** @type {Record<string, () => Promise<{ default: any }>>} */
const VIEWS = {
  flows: () => import("./flows/flow-list.js"),
  flow: () => import("./flows/flow.js"),
  runs: () => import("./run-list/run-list.js"),
  "flow-run": () => import("./runs/flow-run.js"),
  "task-run": () => import("./task-run/task-run.js"),
  task: () => import("./node/node.js"),
  agents: () => import("./agents/agents.js"),
};
const MINUTE = 60_000;
const FOOTER_MILLISECONDS = 500;
const RELOAD_MILLISECONDS = 3000;
const RELOADED_KEY = "reloaded";
const VIEWS_WITH_ID = new Set(["flow", "flow-run", "task-run", "task"]);

function App() {
  const route = useRoute();
  const place = `${route.view}/${route.id}`;
  /** @type {Ref<HTMLElement>} */
  const main = useRef();
  useFocusAfterNavigation(main, place);
  return html`
    <a class="skip" href="#main">Skip to content</a>
    <${Header} route=${route} />
    <main id="main" tabindex="-1" ref=${main}><${ErrorBoundary} key=${place} route=${route} /></main>
    <${Footer} />
    <${Notifications} route=${route} />
  `;
}

/**
 * Keyboard users continue in the new view if the focused element went away with the old one.
 * @param {Ref<HTMLElement>} main
 * @param {string} place
 */
function useFocusAfterNavigation(main, place) {
  const previous = useRef(place);
  useEffect(() => {
    if (previous.current !== place && document.activeElement === document.body)
      main.current.focus({ preventScroll: true });
    previous.current = place;
  }, [place]);
}

/** The zone takes some milliseconds to find out, which the first view does not wait for. */
function Footer() {
  const [zone, setZone] = useState("");
  useEffect(() => {
    const timer = setTimeout(() => setZone(timeZoneInWords()), FOOTER_MILLISECONDS);
    return () => clearTimeout(timer);
  }, []);
  return html`<footer class="foot muted small">${zone && `Times are in ${zone}.`}</footer>`;
}

/** @param {{ route: Route }} props */
function ErrorBoundary({ route }) {
  const [error] = useErrorBoundary(console.error);
  return error ? html`<${ViewError} error=${error} />` : html`<${View} route=${route} />`;
}

/** @param {{ route: Route }} props */
function View({ route }) {
  const [loaded, setLoaded] = useState(/** @type {{ view?: any, error?: Error } | null} */ (null));
  useLayoutEffect(() => {
    const load = loaderOf(route);
    load().then(
      (module) => setLoaded({ view: module.default }),
      (error) => setLoaded({ error }),
    );
  }, [route.view]);
  if (loaded?.error) throw loaded.error;
  return loaded && html`<${loaded.view} id=${route.id} query=${route.query} />`;
}

/** @param {Route} route */
function loaderOf({ view, id }) {
  const isView = Object.hasOwn(VIEWS, view) && (id !== null || !VIEWS_WITH_ID.has(view));
  return isView ? VIEWS[view] : () => import("./shared/not-found.js");
}

// A view that could not be fetched is there once the server is: a page that was open while the package was upgraded asks
// for files that are gone.
/** @param {{ error: Error }} props */
function ViewError({ error }) {
  useEffect(() => {
    const timer = setInterval(reloadIfServed, RELOAD_MILLISECONDS);
    return () => clearInterval(timer);
  }, []);
  return html`<div class="empty" role="alert">
    <h1>This view could not be shown</h1>
    <p>${error.message}</p>
    <button type="button" onClick=${() => location.reload()}>Reload the page</button>
  </div>`;
}

/** At most once a minute, in case that the same error is there again. */
async function reloadIfServed() {
  const lastTime = Number(sessionStorage.getItem(RELOADED_KEY) ?? 0);
  if (Date.now() - lastTime < MINUTE || !(await fetch("/health").catch(() => null))?.ok) return;
  sessionStorage.setItem(RELOADED_KEY, String(Date.now()));
  location.reload();
}

onTokenRequired(async (isWrong) => (await import("./shared/token-dialog.js")).promptForToken(isWrong));
followLinks(document);
rememberScrolling();
render(html`<${App} />`, /** @type {Element} */ (document.getElementById("app")));
