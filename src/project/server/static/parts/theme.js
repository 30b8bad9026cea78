// Light or dark: as the system has it, until somebody chooses.
import { html, useState } from "../html.js";

const THEME = "theme";
const chosen = localStorage.getItem(THEME);
if (chosen) document.documentElement.dataset.theme = chosen;

export function ThemeSwitch() {
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
