// What every view is in: header, routing, and what is shown when a view fails.
import { Header } from "./header.js";
import { onTokenRequired } from "./shared/api.js";
import { timeZoneInWords } from "./shared/format.js";
import { followLinks, isUuid, useRoute } from "./shared/router.js";
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
const LATER_MILLISECONDS = 500; // what the first view does not wait for
const RELOAD_MILLISECONDS = 3000;
const SLOW_MILLISECONDS = 1000;
const DEADLINE_SECONDS = 20; // as for requests
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
    <${LaterNotifications} route=${route} />
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

/** @param {() => void} act */
function useLater(act) {
  useEffect(() => {
    const timer = setTimeout(act, LATER_MILLISECONDS);
    return () => clearTimeout(timer);
  }, []);
}

/** @param {{ route: Route }} props */
function LaterNotifications({ route }) {
  const [Notifications, setNotifications] = useState(/** @type {any} */ (null));
  useLater(async () => {
    for (let attempt = 0; ; attempt += 1) {
      // Browsers remember that a module could not be loaded, but not under another address.
      const address = attempt ? `./notifications.js?${attempt}` : "./notifications.js";
      const module = await import(address).catch(() => null);
      if (module) return setNotifications(() => module.Notifications);
      await new Promise((resolve) => setTimeout(resolve, RELOAD_MILLISECONDS));
    }
  });
  return Notifications && html`<${Notifications} route=${route} />`;
}

/** The zone takes some milliseconds to find out. */
function Footer() {
  const [zone, setZone] = useState("");
  useLater(() => setZone(timeZoneInWords()));
  return html`<footer class="foot muted small">${zone && `Times are in ${zone}.`}</footer>`;
}

/** @param {{ route: Route }} props */
function ErrorBoundary({ route }) {
  const [error] = useErrorBoundary(console.error);
  return error ? html`<${ViewError} error=${error} />` : html`<${View} route=${route} />`;
}

/** @param {{ route: Route }} props */
function View({ route }) {
  const [{ view, error, isSlow }, setLoaded] = useState(
    /** @type {{ view?: any, error?: Error, isSlow?: boolean }} */ ({}),
  );
  useLayoutEffect(() => loadView(loaderOf(route), setLoaded), [route.view]);
  if (error) throw error;
  if (view) return html`<${view} id=${route.id} query=${route.query} />`;
  return isSlow && html`<p class="empty muted" role="status">Loading…</p>`;
}

/**
 * A browser waits for a module for as long as the server does not answer. Returns what ends the waiting.
 * @param {() => Promise<{ default: any }>} load
 * @param {(loaded: { view?: any, error?: Error, isSlow?: boolean }) => void} show
 */
function loadView(load, show) {
  const late = new Error(`The server is not responding (no answer within ${DEADLINE_SECONDS} seconds).`);
  const timers = [
    setTimeout(() => show({ isSlow: true }), SLOW_MILLISECONDS),
    setTimeout(() => show({ error: late }), 1000 * DEADLINE_SECONDS),
  ];
  const stopWaiting = () => timers.forEach(clearTimeout);
  load()
    .finally(stopWaiting)
    .then(
      (module) => show({ view: module.default }),
      (error) => show({ error }),
    );
  return stopWaiting;
}

/** @param {Route} route */
function loaderOf({ view, id }) {
  const isView = Object.hasOwn(VIEWS, view) && (!VIEWS_WITH_ID.has(view) || isUuid(id ?? ""));
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
  if (Date.now() - lastTime < MINUTE || !(await isServed())) return;
  sessionStorage.setItem(RELOADED_KEY, String(Date.now()));
  location.reload();
}

async function isServed() {
  try {
    return (await fetch("/health", { signal: AbortSignal.timeout(RELOAD_MILLISECONDS) })).ok;
  } catch {
    return false;
  }
}

onTokenRequired(async (isWrong) => (await import("./shared/token-dialog.js")).promptForToken(isWrong));
followLinks(document);
rememberScrolling();
render(html`<${App} />`, /** @type {Element} */ (document.getElementById("app")));
