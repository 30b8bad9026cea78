// What a deletion takes with it, counted before anybody confirms it.
import { html, useEffect, useState } from "../vendor/html.js";
import { query } from "./api.js";
import { formatCount } from "./format.js";
import { IN_PROGRESS } from "./states.js";

const COUNTS = `query (
  $runs: flow_run_bool_exp!, $open: flow_run_bool_exp!, $taskRuns: task_run_bool_exp!, $logs: log_bool_exp!, $artifacts: task_run_artifact_bool_exp!
) {
  runs: flow_run_aggregate(where: $runs) { aggregate { count } }
  open: flow_run_aggregate(where: $open) { aggregate { count } }
  taskRuns: task_run_aggregate(where: $taskRuns) { aggregate { count } }
  logs: log_aggregate(where: $logs) { aggregate { count } }
  artifacts: task_run_artifact_aggregate(where: $artifacts) { aggregate { count } }
}`;

const ONE_OPEN = "its process continues but can no longer report. Cancel it first.";
const MANY_OPEN = "their processes continue but can no longer report. Cancel them first.";

/** @typedef {"runs" | "open" | "taskRuns" | "logs" | "artifacts"} Counted */

/**
 * `runs`: a condition on the flow runs that go.
 * @param {{ runs: object }} props
 */
export function WhatGoes({ runs }) {
  const { counts, problem } = useCounts(runs);
  if (problem) return html`<p class="problem" role="alert">${problem}</p>`;
  if (!counts) return html`<p class="muted" role="status">Counting what will be deleted…</p>`;
  return html`<div role="status"><ul class="what-goes" aria-label="What will be deleted">
      <li>${formatCount(counts.runs, "run")} with ${formatCount(counts.taskRuns, "task run")}</li>
      <li>${formatCount(counts.logs, "log line")}</li>
      <li>${formatCount(counts.artifacts, "artifact")}</li>
    </ul></div>
    ${
      counts.open > 0 &&
      html`<p class="problem">${formatCount(counts.open, "run")} in progress: ${counts.open === 1 ? ONE_OPEN : MANY_OPEN}</p>`
    }
    <p class="muted">Files written by the runs are kept.</p>`;
}

/** @param {object} runs */
function useCounts(runs) {
  const [state, setState] = useState(
    /** @type {{ counts: Record<Counted, number> | null, problem: string }} */ ({ counts: null, problem: "" }),
  );
  useEffect(() => {
    const variables = {
      runs,
      open: { _and: [runs, { state: { _in: IN_PROGRESS } }] },
      taskRuns: { flow_run: runs },
      logs: { flow_run: runs },
      artifacts: { task_run: { flow_run: runs } },
    };
    query(COUNTS, variables).then(
      (data) => {
        const pairs = Object.entries(data).map(([name, { aggregate }]) => [name, aggregate.count]);
        setState({ counts: Object.fromEntries(pairs), problem: "" });
      },
      (error) => setState({ counts: null, problem: error.message }),
    );
  }, [JSON.stringify(runs)]);
  return state;
}
