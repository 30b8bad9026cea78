// Restarts a run from its failed tasks, after showing which tasks that are.
import { Dialog } from "../shared/dialog.js";
import { formatCount } from "../shared/format.js";
import { html, useEffect, useState } from "../vendor/html.js";
import { loadPlan, restart } from "./restart.js";

const OPEN_UP_TO = 8;

/** @import { RestartPlan } from "./restart.js" */

/** @param {{ run: FlowRun, flow: RunFlow, onDone: () => Promise<void>, onClose: () => void }} props */
export function RestartDialog({ run, flow, onDone, onClose }) {
  const [plan, setPlan] = useState(/** @type {RestartPlan | null} */ (null));
  const [problem, setProblem] = useState(/** @type {Error | null} */ (null));
  const [planning] = useState(() => loadPlan(run.id));
  useEffect(() => {
    planning.then(setPlan, setProblem);
  }, []);
  const confirm = async () => {
    await restart(run.id, await planning); // the button may be pressed before the plan is shown
    await onDone();
  };
  const title = `Restart ${run.name} from its failed tasks?`;
  return html`<${Dialog} title=${title} confirm="Restart from failed" onConfirm=${confirm} onClose=${onClose}>
    ${problem && html`<p class="problem" role="alert">${problem.message}</p>`}
    ${!plan && !problem && html`<p class="muted">Loading the tasks to run…</p>`}
    ${plan && html`<${Plan} plan=${plan} tasks=${flow.tasks} />`}
    <p class="muted">${plan && `An agent ${labelsInWords(plan.labels)} will run it.`}</p>
  <//>`;
}

/** @param {string[]} labels */
function labelsInWords(labels) {
  if (!labels.length) return "without labels";
  return `with the label${labels.length > 1 ? "s" : ""} ${labels.join(", ")}`;
}

/** @param {{ plan: RestartPlan, tasks: Map<string, RankedTask> }} props */
function Plan({ plan, tasks }) {
  const failed = `${formatCount(plan.unfinished.length, "task")} failed or did not start`;
  const again = `${formatCount(plan.again.length, "task")} succeeded but must run again`;
  return html`
    <${TaskNames} ids=${plan.unfinished} tasks=${tasks} title=${failed} />
    ${
      plan.again.length > 0 &&
      html`<${TaskNames} ids=${plan.again} tasks=${tasks} title=${again} />
      <p class="muted">The failed tasks need their outputs, which were only in memory. To avoid this, save these datasets
        in the catalog, or set <code>result:</code> in prefect.yml.</p>`
    }`;
}

/** @param {{ ids: string[], tasks: Map<string, RankedTask>, title: string }} props */
function TaskNames({ ids, tasks, title }) {
  const wanted = new Set(ids);
  const listed = [...tasks.values()].filter(({ id }) => wanted.has(id)).sort((a, b) => a.rank - b.rank);
  return html`<details class="plan" open=${ids.length <= OPEN_UP_TO}>
    <summary>${title}</summary>
    <ul>${listed.map(({ id, name }) => html`<li key=${id}>${name}</li>`)}</ul>
  </details>`;
}
