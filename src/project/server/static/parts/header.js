// The top of every view: where one can go, search, light or dark.
import { html, useEffect, useState } from "../vendor/html.js";
import { navigate, pathTo } from "../router.js";

// As the system has it, until somebody chooses.
const THEME = "theme";
const chosen = localStorage.getItem(THEME);
if (chosen) document.documentElement.dataset.theme = chosen;

export function Header({ route }) {
  return html`<header class="top">
    <a class="brand" href=${pathTo()}><${Mark} />Flows on Prefect</a>
    <nav aria-label="Views">
      <${Place} href=${pathTo()} isHere=${route.view === "flows"}>Flows<//>
      <${Place} href=${pathTo("agents")} isHere=${route.view === "agents"}>Agents<//>
    </nav>
    <${Search} text=${route.query.get("flows") ?? ""} isInFlows=${route.view === "flows"} />
    <${ThemeSwitch} />
  </header>`;
}

// As in icon.svg: a picture of its own file is a document of its own.
function Mark() {
  return html`<svg class="mark" viewBox="0 0 16 16" width="20" height="20" aria-hidden="true">
    <path d="M8 5.2V8M8 8 4.5 10.8M8 8 11.5 10.8" />
    <circle class="head" cx="8" cy="3.4" r="1.8" /><circle cx="4" cy="12.4" r="1.8" /><circle cx="12" cy="12.4" r="1.8" />
  </svg>`;
}

function Place({ href, isHere, children }) {
  return html`<a class="place" href=${href} aria-current=${isHere ? "page" : null}>${children}</a>`;
}

function Search({ text, isInFlows }) {
  const [typed, setTyped] = useState(text);
  useEffect(() => setTyped(text), [text]);
  const search = (event) => {
    setTyped(event.target.value);
    navigate(pathTo(undefined, undefined, { flows: event.target.value }), { replace: isInFlows });
  };
  return html`<form class="search" role="search" onSubmit=${(event) => event.preventDefault()}>
    <input type="search" aria-label="Search flows" placeholder="Search flows" value=${typed} onInput=${search} />
  </form>`;
}

function ThemeSwitch() {
  const [theme, setTheme] = useState(chosen ?? systemTheme());
  const other = theme === "dark" ? "light" : "dark";
  const change = () => {
    localStorage.setItem(THEME, other);
    document.documentElement.dataset.theme = other;
    setTheme(other);
  };
  return html`<button type="button" class="quiet theme" aria-label="Use ${other} colours" title="Use ${other} colours" onClick=${change}>
    <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true"><path d="M8 1.5A6.5 6.5 0 1 0 8 14.5Z" /><circle cx="8" cy="8" r="6.5" /></svg>
  </button>`;
}

function systemTheme() {
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}
