// The top of every view: where one can go, search, light or dark.
import { html, useEffect, useState } from "../html.js";
import { navigate, pathTo } from "../router.js";
import { ThemeSwitch } from "./theme.js";

const ICON = new URL("../icon.svg", import.meta.url).href;

export function Header({ route }) {
  return html`<header class="top">
    <a class="brand" href=${pathTo()}><img src=${ICON} alt="" width="20" height="20" />Flows on Prefect</a>
    <nav aria-label="Views">
      <${Place} href=${pathTo()} isHere=${route.view === "flows"}>Flows<//>
      <${Place} href=${pathTo("agents")} isHere=${route.view === "agents"}>Agents<//>
    </nav>
    <${Search} text=${route.query.get("flows") ?? ""} />
    <${ThemeSwitch} />
  </header>`;
}

function Place({ href, isHere, children }) {
  return html`<a class="place" href=${href} aria-current=${isHere ? "page" : null}>${children}</a>`;
}

function Search({ text }) {
  const [typed, setTyped] = useState(text);
  useEffect(() => setTyped(text), [text]);
  const search = (event) => {
    setTyped(event.target.value);
    navigate(pathTo(undefined, undefined, { flows: event.target.value }), { replace: true });
  };
  return html`<form class="search" role="search" onSubmit=${(event) => event.preventDefault()}>
    <input type="search" aria-label="Search flows" placeholder="Search flows" value=${typed} onInput=${search} />
  </form>`;
}
