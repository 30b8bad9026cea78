// What has been typed into RUN forms: kept in this tab until the run is started, so that no other view loses it.

/** @import { Texts } from "./run-fields.js" */

/**
 * @param {string} name
 * @returns {Texts}
 */
export function loadDraft(name) {
  return JSON.parse(sessionStorage.getItem(keyOf(name)) ?? "{}");
}

/**
 * Keeps only what differs from the beginning, so that defaults that change meanwhile are taken over.
 * @param {string} name
 * @param {Texts} texts
 * @param {Texts} start
 */
export function saveDraft(name, texts, start) {
  const changed = Object.entries(texts).filter(([key, text]) => text !== start[key]);
  if (changed.length) sessionStorage.setItem(keyOf(name), JSON.stringify(Object.fromEntries(changed)));
  else dropDraft(name);
}

/** @param {string} name */
export function dropDraft(name) {
  sessionStorage.removeItem(keyOf(name));
}

/** @param {string} name */
function keyOf(name) {
  return `run form ${name}`;
}
