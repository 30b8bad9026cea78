// Addresses as Prefect prints them, and moving between them without loading the page again.
import { useEffect, useState } from "./vendor/html.js";

const MOVED = "moved";
const OWN_LINK = "a[href^='/']:not([download]):not([target])";

/** What an address asks for: {slug, view, id, query}. */
export function routeOf({ pathname, search }) {
  const [slug = "default", view = "flows", id = null] = partsOf(pathname);
  return { slug, view, id, query: new URLSearchParams(search) };
}

/** The address of a view: pathTo("flow-run", id), pathTo("agents"), pathTo() for the flows. */
export function pathTo(view, id, query = null) {
  const [slug = "default"] = partsOf(location.pathname);
  const parts = [slug, view, id].filter((part) => part != null).map(encodeURIComponent);
  const text = query ? new URLSearchParams(query).toString() : ""; // a view asks for hundreds of addresses
  return `/${parts.join("/")}${text ? `?${text}` : ""}`;
}

export function navigate(path, { replace = false } = {}) {
  const before = location.pathname;
  history[replace ? "replaceState" : "pushState"](null, "", path);
  if (location.pathname !== before) scrollTo(0, 0);
  dispatchEvent(new Event(MOVED));
}

/** Changes parts of the query; null takes one out. */
export function setQuery(changes, { replace = true } = {}) {
  const query = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(changes)) {
    if (value == null || value === "") query.delete(name);
    else query.set(name, value);
  }
  const text = query.toString();
  navigate(location.pathname + (text ? `?${text}` : ""), { replace });
}

export function useRoute() {
  const [route, setRoute] = useState(() => routeOf(location));
  useEffect(() => {
    const follow = () => setRoute(routeOf(location));
    addEventListener(MOVED, follow);
    addEventListener("popstate", follow);
    return () => {
      removeEventListener(MOVED, follow);
      removeEventListener("popstate", follow);
    };
  }, []);
  return route;
}

/** The title of the window names what is being looked at. */
export function useTitle(title) {
  useEffect(() => {
    if (title) document.title = title;
  }, [title]);
}

/** Lets plain links (<a href="/...">) move inside the page. */
export function followLinks(root) {
  root.addEventListener("click", (event) => {
    const link = event.target.closest?.(OWN_LINK);
    const isPlain = event.button === 0 && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
    if (!link || !isPlain || event.defaultPrevented) return;
    event.preventDefault();
    navigate(link.getAttribute("href"));
  });
}

function partsOf(pathname) {
  return pathname.split("/").filter(Boolean).map(decoded);
}

function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
