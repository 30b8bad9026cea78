// Restarts a run from its failed tasks, after showing which tasks that are.
import { Dialog } from "../shared/dialog.js";
import { formatCount } from "../shared/format.js";
import { html, useEffect, useState } from "../vendor/html.js";
import { loadPlan, restart } from "./restart.js";

const OPEN_UP_TO = 8;

/** @import { RestartPlan } from "./restart-plan.js" */

/** @param {{ run: FlowRun, flow: RunFlow, onDone: () => Promise<void>, onClose: () => void }} props */
export function RestartDialog({ run, flow, onDone, onClose }) {
  const [plan, setPlan] = useState(/** @type {RestartPlan | null} */ (null));
  const [problem, setProblem] = useState(/** @type {Error | null} */ (null));
  const [planning] = useState(() => loadPlan(run.id, flow));
  useEffect(() => {
    planning.then(setPlan, setProblem);
  }, []);
  const confirm = async () => {
    await restart(run.id, (await planning).taskRunIds); // the button may be pressed before the plan is shown
    await onDone();
  };
  const title = `Restart ${run.name} from its failed tasks?`;
  return html`<${Dialog} title=${title} confirm="Restart from failed" onConfirm=${confirm} onClose=${onClose}>
    ${problem && html`<p class="problem" role="alert">${problem.message}</p>`}
    ${!plan && !problem && html`<p class="muted">Loading the tasks to run…</p>`}
    ${plan && html`<${Plan} plan=${plan} tasks=${flow.tasks} />`}
    <p class="muted">An agent with the labels of the run (${run.labels.join(", ") || "none"}) will run it.</p>
  <//>`;
}

/** @param {{ plan: RestartPlan, tasks: Map<string, RankedTask> }} props */
function Plan({ plan, tasks }) {
  const failed = `${formatCount(plan.failed.size, "task")} failed or did not start`;
  const again = `${formatCount(plan.again.size, "task")} succeeded but must run again`;
  return html`
    <${TaskNames} ids=${plan.failed} tasks=${tasks} title=${failed} />
    ${
      plan.again.size > 0 &&
      html`<${TaskNames} ids=${plan.again} tasks=${tasks} title=${again} />
      <p class="muted">The failed tasks need their outputs, which were only in memory. To avoid this, save these datasets
        in the catalog, or set <code>result:</code> in prefect.yml.</p>`
    }`;
}

/** @param {{ ids: Set<string>, tasks: Map<string, RankedTask>, title: string }} props */
function TaskNames({ ids, tasks, title }) {
  const listed = [...tasks.values()].filter(({ id }) => ids.has(id)).sort((a, b) => a.rank - b.rank);
  return html`<details class="plan" open=${ids.size <= OPEN_UP_TO}>
    <summary>${title}</summary>
    <ul>${listed.map(({ id, name }) => html`<li key=${id}>${name}</li>`)}</ul>
  </details>`;
}
