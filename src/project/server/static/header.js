// The header of every view: where one is, searching flows, light or dark.
import { navigate, pathTo } from "./shared/router.js";
import { SearchField } from "./shared/search-field.js";
import { html, useState } from "./vendor/html.js";

const THEME_KEY = "theme";

// The system's theme, until the user chooses one.
const chosenTheme = localStorage.getItem(THEME_KEY);
if (chosenTheme) document.documentElement.dataset.theme = chosenTheme;

/** @param {{ route: Route }} props */
export function Header({ route }) {
  return html`<header class="top">
    <a class="brand" href=${pathTo()}><${Logo} />Flows on Prefect</a>
    <nav aria-label="Views">
      <${NavLink} href=${pathTo()} isCurrent=${route.view === "flows"}>Flows<//>
      <${NavLink} href=${pathTo("runs")} isCurrent=${route.view === "runs"}>Runs<//>
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
  const search = (/** @type {string} */ flows) =>
    navigate(pathTo(undefined, undefined, { flows }), { replace: isInFlows });
  return html`<form class="search" role="search" onSubmit=${(/** @type {Event} */ event) => event.preventDefault()}>
    <${SearchField} label="Search flows" placeholder="Search flows" text=${text} onText=${search} />
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
