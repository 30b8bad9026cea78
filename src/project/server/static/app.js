// The frame around every view: header, routing, and what is shown when a view fails.
import { onTokenRequired } from "./shared/api.js";
import { followLinks, navigate, pathTo, useRoute } from "./shared/router.js";
import { html, render, useEffect, useErrorBoundary, useLayoutEffect, useRef, useState } from "./vendor/html.js";

// Each view is the default export of a module of its own, a component with ViewProps.
/** @type {Record<string, () => Promise<{ default: any }>>} */
const VIEWS = {
  flows: () => import("./flows/flow-list.js"),
  flow: () => import("./flows/flow.js"),
  "flow-run": () => import("./runs/flow-run.js"),
  "task-run": () => import("./task-run/task-run.js"),
  agents: () => import("./agents/agents.js"),
};
const VIEWS_WITH_ID = new Set(["flow", "flow-run", "task-run"]);
const THEME_KEY = "theme";

// The system's theme, until the user chooses one.
const chosenTheme = localStorage.getItem(THEME_KEY);
if (chosenTheme) document.documentElement.dataset.theme = chosenTheme;

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
    if (previous.current !== place && document.activeElement === document.body) main.current.focus();
    previous.current = place;
  }, [place]);
}

/** @param {{ route: Route }} props */
function Header({ route }) {
  return html`<header class="top">
    <a class="brand" href=${pathTo()}><${Logo} />Flows on Prefect</a>
    <nav aria-label="Views">
      <${NavLink} href=${pathTo()} isCurrent=${route.view === "flows"}>Flows<//>
      <${NavLink} href=${pathTo("agents")} isCurrent=${route.view === "agents"}>Agents<//>
    </nav>
    <${FlowSearch} text=${route.query.get("flows") ?? ""} isInFlows=${route.view === "flows"} />
    <${ThemeSwitch} />
  </header>`;
}

// The same as icon.svg, which as an image could not be styled.
function Logo() {
  return html`<svg class="mark" viewBox="0 0 16 16" width="20" height="20" aria-hidden="true">
    <path d="M8 5.2V8M8 8 4.5 10.8M8 8 11.5 10.8" />
    <circle class="head" cx="8" cy="3.4" r="1.8" /><circle cx="4" cy="12.4" r="1.8" /><circle cx="12" cy="12.4" r="1.8" />
  </svg>`;
}

/** @param {{ href: string, isCurrent: boolean, children: any }} props */
function NavLink({ href, isCurrent, children }) {
  return html`<a class="nav-link" href=${href} aria-current=${isCurrent ? "page" : null}>${children}</a>`;
}

/** @param {{ text: string, isInFlows: boolean }} props */
function FlowSearch({ text, isInFlows }) {
  const [typed, setTyped] = useState(text);
  useEffect(() => setTyped(text), [text]);
  const search = (/** @type {FieldEvent} */ event) => {
    setTyped(event.target.value);
    navigate(pathTo(undefined, undefined, { flows: event.target.value }), { replace: isInFlows });
  };
  return html`<form class="search" role="search" onSubmit=${(/** @type {Event} */ event) => event.preventDefault()}>
    <input type="search" aria-label="Search flows" placeholder="Search flows" value=${typed} onInput=${search} />
  </form>`;
}

function ThemeSwitch() {
  const systemTheme = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  const [theme, setTheme] = useState(chosenTheme ?? systemTheme);
  const other = theme === "dark" ? "light" : "dark";
  const change = () => {
    localStorage.setItem(THEME_KEY, other);
    document.documentElement.dataset.theme = other;
    setTheme(other);
  };
  const label = `Use ${other} colours`;
  return html`<button type="button" class="quiet theme" aria-label=${label} title=${label} onClick=${change}>
    <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true"><path d="M8 1.5A6.5 6.5 0 1 0 8 14.5Z" /><circle cx="8" cy="8" r="6.5" /></svg>
  </button>`;
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

// A page that was open while the package was upgraded may ask for files that are gone: loading it again helps.
/** @param {{ error: Error }} props */
function ViewError({ error }) {
  return html`<div class="empty" role="alert">
    <h1>This view could not be shown</h1>
    <p>${error.message}</p>
    <button type="button" onClick=${() => location.reload()}>Reload the page</button>
  </div>`;
}

onTokenRequired(async (isWrong) => (await import("./shared/token-dialog.js")).promptForToken(isWrong));
followLinks(document);
render(html`<${App} />`, /** @type {Element} */ (document.getElementById("app")));
