// A log as plain text, to copy and to save.
import { localIsoTime } from "../shared/format.js";
import { saveFile } from "../shared/save-file.js";

/**
 * "2026-11-26 22:26:21.123  INFO      load  Loading data", in the reader's time zone.
 * @param {LogLine[]} lines
 * @param {Map<string, string>} names
 */
export function logText(lines, names) {
  return lines.map((line) => `${lineText(line, names)}\n`).join("");
}

/**
 * @param {string} name
 * @param {string} text
 */
export function saveLog(name, text) {
  saveFile(`${name.replace(/[^\w.-]+/g, "_")}.log`, text, "text/plain");
}

/**
 * @param {LogLine} line
 * @param {Map<string, string>} names
 */
function lineText({ timestamp, level, task_run_id: taskRunId, message }, names) {
  const task = names.get(taskRunId ?? "");
  const time = localIsoTime(new Date(timestamp)).replace("T", " ");
  return [time, level.padEnd(8), ...(task ? [task] : []), message ?? ""].join("  ");
}
