// Addresses as Prefect prints them, and moving between them without loading the page again.
import { useEffect, useState } from "../vendor/html.js";
import { saveScrolling } from "./scroll-memory.js";

const NAVIGATED = "navigated";
const UUID = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/i;
const OWN_LINK = "a[href^='/']:not([download]):not([target])";

/**
 * What an address names.
 * @param {{ pathname: string, search: string }} address
 * @returns {Route}
 */
export function routeOf({ pathname, search }) {
  const [slug = "default", view = "flows", id = null] = partsOf(pathname);
  return { slug, view, id, query: new URLSearchParams(search) };
}

/**
 * Whether a text can be an id: the API refuses all others.
 * @param {string} text
 */
export function isUuid(text) {
  return UUID.test(text);
}

/**
 * The address of a view: pathTo("flow-run", id), pathTo("agents"), pathTo() for the flows.
 * @param {string} [view]
 * @param {string} [id]
 * @param {Record<string, string> | null} query
 */
export function pathTo(view, id, query = null) {
  const [slug = "default"] = partsOf(location.pathname);
  const parts = [slug, view, id].filter((part) => part != null).map((part) => encodeURIComponent(part));
  const text = query ? new URLSearchParams(query).toString() : ""; // slow, and a view asks for hundreds of addresses
  return `/${parts.join("/")}${text ? `?${text}` : ""}`;
}

/** @param {string} path */
export function navigate(path, { replace = false } = {}) {
  const previous = location.pathname;
  saveScrolling();
  if (replace) history.replaceState(history.state, "", path);
  else history.pushState(null, "", path);
  if (location.pathname !== previous) scrollTo(0, 0);
  dispatchEvent(new Event(NAVIGATED));
}

/**
 * Changes parts of the query; null removes one.
 * @param {Record<string, string | number | null>} changes
 */
export function setQuery(changes, { replace = true } = {}) {
  const query = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(changes)) {
    if (value == null || value === "") query.delete(name);
    else query.set(name, String(value));
  }
  const text = query.toString();
  navigate(location.pathname + (text ? `?${text}` : ""), { replace });
}

export function useRoute() {
  const [route, setRoute] = useState(() => routeOf(location));
  useEffect(() => {
    const update = () => setRoute(routeOf(location));
    addEventListener(NAVIGATED, update);
    addEventListener("popstate", update);
    return () => {
      removeEventListener(NAVIGATED, update);
      removeEventListener("popstate", update);
    };
  }, []);
  return route;
}

/**
 * Lets plain links (<a href="/...">) move inside the page.
 * @param {Document} root
 */
export function followLinks(root) {
  root.addEventListener("click", (event) => {
    const link = /** @type {Element} */ (event.target).closest?.(OWN_LINK);
    const isPlain = event.button === 0 && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
    if (!link || !isPlain || event.defaultPrevented) return;
    event.preventDefault();
    navigate(/** @type {string} */ (link.getAttribute("href")));
  });
}

/** @param {string} pathname */
function partsOf(pathname) {
  return pathname.split("/").filter(Boolean).map(decode);
}

/** @param {string} part */
function decode(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
