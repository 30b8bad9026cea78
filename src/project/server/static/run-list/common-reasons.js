// The reasons for which several of the runs in the list have failed.
import { formatCount, lastLine } from "../shared/format.js";
import { html } from "../vendor/html.js";

/** @import { RunListRow } from "./run-list-data.js" */

const MAX_REASONS = 3;

/**
 * The same node and the same last line of its error, the most frequent first.
 * @template {Pick<RunListRow, "failed">} T
 * @param {T[]} rows
 */
export function commonReasons(rows) {
  const failed = rows.filter((row) => row.failed.length > 0);
  const groups = Map.groupBy(failed, ({ failed: [task] }) => `${task.task.name}: ${lastLine(task.state_message)}`);
  return [...groups]
    .filter(([, runs]) => runs.length > 1)
    .sort(([, a], [, b]) => b.length - a.length)
    .slice(0, MAX_REASONS);
}

/** @param {{ rows: RunListRow[], onSelect: (runs: RunListRow[]) => void }} props */
export function CommonReasons({ rows, onSelect }) {
  const reasons = commonReasons(rows);
  if (!reasons.length) return null;
  return html`<ul class="notice common-reasons" aria-label="Common reasons">${reasons.map(
    ([reason, runs]) => html`<li key=${reason}>
      <span class="wraps"><b>${formatCount(runs.length, "run")}</b> failed for the same reason: ${reason}</span>
      <button type="button" onClick=${() => onSelect(runs)}>Select these ${runs.length}</button>
    </li>`,
  )}</ul>`;
}
