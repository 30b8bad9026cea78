// A traceback in parts: the frames of the node's own code, and those of the libraries that called it.

/**
 * `isOwn`: the frame where the code of the project stood, the last one that is in no library.
 * @typedef {{ kind: "text" | "frame", lines: string[], isLibrary: boolean, isOwn: boolean }} TracebackPart
 */
/** @typedef {{ isFolded: boolean, parts: TracebackPart[] }} TracebackGroup */

const FRAME = /^ {2}File "(.*)", line \d+, in /;
const INSTALLED = /[/\\](?:site-packages|dist-packages)[/\\]/;
const STANDARD_LIBRARY = /[/\\]lib[/\\]python3[^/\\]*[/\\](?!site-packages|dist-packages)|^<frozen /;
// What runs a node: Kedro, Prefect, and this package, installed or not, but not the pipelines in it.
const RUNNING_NODES =
  /[/\\](?:site-packages|dist-packages)[/\\](?:kedro|prefect|pluggy|dask|distributed)[/\\]|[/\\]project[/\\](?:(?:api|compat|deploy|execution|flow)[/\\]|(?:hooks|runner)\.py)/;

/**
 * The parts of a traceback, in which those that run nodes are folded together.
 * @param {string} text
 * @returns {TracebackGroup[]}
 */
export function groupsOf(text) {
  /** @type {TracebackGroup[]} */
  const groups = [];
  for (const part of partsOf(text)) {
    const isFolded = part.kind === "frame" && part.isLibrary;
    const last = groups.at(-1);
    if (last && last.isFolded === isFolded) last.parts.push(part);
    else groups.push({ isFolded, parts: [part] });
  }
  return groups;
}

/**
 * @param {string} text
 * @returns {TracebackPart[]}
 */
function partsOf(text) {
  /** @type {TracebackPart[]} */
  const parts = [];
  /** @type {TracebackPart | null} */
  let own = null;
  for (const line of text.split("\n")) {
    const [, file] = FRAME.exec(line) ?? [];
    const last = parts.at(-1);
    if (file !== undefined) {
      const part = newPart("frame", line, RUNNING_NODES.test(file));
      if (!INSTALLED.test(file) && !STANDARD_LIBRARY.test(file) && !part.isLibrary) own = part;
      parts.push(part);
    } else if (last?.kind === "frame" && line.startsWith("    ")) last.lines.push(line);
    else if (last?.kind === "text") last.lines.push(line);
    else parts.push(newPart("text", line, false));
  }
  if (own) own.isOwn = true;
  return parts;
}

/**
 * @param {TracebackPart["kind"]} kind
 * @param {string} line
 * @param {boolean} isLibrary
 * @returns {TracebackPart}
 */
function newPart(kind, line, isLibrary) {
  return { kind, lines: [line], isLibrary, isOwn: false };
}
