// The title and the picture of the browser's tab: what is shown there, and in which state it is.
import { useEffect } from "../vendor/html.js";
import { stateFamily } from "./states.js";

/** @type {Record<StateFamily, string>} */
const MARKS = {
  success: "✓",
  failed: "✗",
  running: "▶",
  retrying: "↻",
  scheduled: "◷",
  pending: "○",
  cancelled: "■",
  skipped: "»",
  "not-started": "⊘",
};
// A tab is on the browser's ground, which may be light or dark: middle tones can be seen on both.
/** @type {Record<StateFamily, string>} */
const COLOURS = {
  success: "#2a9d5c",
  failed: "#dd4040",
  running: "#3f7fe0",
  retrying: "#d9722a",
  scheduled: "#b98a1e",
  pending: "#7d8694",
  cancelled: "#8c63c7",
  skipped: "#7d8694",
  "not-started": "#7d8694",
};

/**
 * With a state, the mark of its family goes before the title, and its colour into the icon.
 * @param {string | null | undefined} title
 * @param {string | null} state
 */
export function useTitle(title, state = null) {
  useEffect(() => {
    if (!title) return undefined;
    const family = state && stateFamily(state);
    document.title = family ? `${MARKS[family]} ${title}` : title;
    if (!family) return undefined;
    const icon = /** @type {HTMLLinkElement} */ (document.querySelector("link[rel=icon]"));
    const usual = icon.href;
    const circle = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><circle cx="8" cy="8" r="7" fill="${COLOURS[family]}"/></svg>`;
    icon.href = `data:image/svg+xml,${encodeURIComponent(circle)}`;
    return () => {
      icon.href = usual;
    };
  }, [title, state]);
}
