// What can be done with a run: cancel, restart, run again, set a state. Each asks first.
import { ask, change } from "../api.js";
import { html, useEffect, useRef, useState } from "../vendor/html.js";
import { navigate, pathTo } from "../router.js";
import { isFinished } from "../states.js";
import { count, timestamp } from "../format.js";
import { Dialog } from "./dialog.js";
import { restartPlan } from "./restart.js";

const FLOW_RUN_STATES = ["Success", "Failed", "Cancelled"];
const TASK_RUN_STATES = ["Success", "Failed", "Skipped", "Cancelled", "Pending"];
const ASKED = "query ($id: uuid!) { flow_run_by_pk(id: $id) { parameters labels context run_config } }";
const RESULTS = `query ($id: uuid!) {
  task_run(where: {flow_run_id: {_eq: $id}}) { id task_id map_index state serialized_state }
}`;

export function RunActions({ data: { run, flow }, onDone }) {
  const [asked, setAsked] = useState(null);
  const close = () => setAsked(null);
  useFocusAfter(asked);
  const isRestartable = isFinished(run.state) && run.state !== "Success";
  return html`<div class="actions">
    ${!isFinished(run.state) && html`<button
      key="cancel" type="button" class="danger" disabled=${run.state === "Cancelling"} onClick=${() => setAsked("cancel")}
    >Cancel run</button>`}
    ${isRestartable && html`<button key="restart" type="button" class="primary" onClick=${() => setAsked("restart")}>Restart from failed</button>`}
    <button type="button" onClick=${() => setAsked("again")}>Run again</button>
    <button type="button" onClick=${() => setAsked("state")}>Set state</button>
    ${asked === "cancel" && html`<${Cancel} run=${run} onDone=${onDone} onClose=${close} />`}
    ${asked === "restart" && html`<${Restart} run=${run} flow=${flow} onDone=${onDone} onClose=${close} />`}
    ${asked === "again" && html`<${RunAgain} run=${run} flow=${flow} onClose=${close} />`}
    ${asked === "state" && html`<${SetState} what="flow_run" id=${run.id} states=${FLOW_RUN_STATES} onDone=${onDone} onClose=${close} />`}
  </div>`;
}

export function TaskRunActions({ taskRun, onDone }) {
  const [isAsked, setAsked] = useState(false);
  return html`<div class="actions">
    <button type="button" onClick=${() => setAsked(true)}>Set state</button>
    ${isAsked && html`<${SetState} what="task_run" id=${taskRun.id} states=${TASK_RUN_STATES} onDone=${onDone} onClose=${() => setAsked(false)} />`}
  </div>`;
}

/** Closing a dialog gives the focus back to its button; where that is gone by then, to the heading of the view. */
function useFocusAfter(asked) {
  const before = useRef(asked);
  useEffect(() => {
    if (before.current && !asked && document.activeElement.matches("body, :disabled")) focusHeading();
    before.current = asked;
  }, [asked]);
}

function focusHeading() {
  const heading = document.querySelector("main h1");
  heading.tabIndex = -1;
  heading.focus();
}

function Cancel({ run, onDone, onClose }) {
  const cancel = async () => {
    await change("cancel_flow_run", { flow_run_id: run.id }, "state");
    await onDone();
  };
  return html`<${Dialog} title="Cancel ${run.name}?" confirm="Cancel run" isDangerous onConfirm=${cancel} onClose=${onClose}>
    <p>${run.state === "Running"
      ? "Its process stops what it is doing, which takes some seconds. Tasks that have ended stay as they are."
      : "It will not be started."}</p>
  <//>`;
}

function Restart({ run, flow, onDone, onClose }) {
  const [plan, setPlan] = useState(null);
  useEffect(() => {
    ask(RESULTS, { id: run.id }).then(
      ({ task_run: taskRuns }) => setPlan(restartPlan(flow.tasks, flow.edges, taskRuns)),
      (problem) => setPlan({ problem }),
    );
  }, []);
  const restart = async () => {
    if (!plan?.ids) throw plan?.problem ?? new Error("What must run is not known yet: try again in a moment.");
    await setStates("task_run", plan.ids, { type: "Pending", message: "Set back, to run again." });
    await setStates("flow_run", [run.id], { type: "Scheduled", message: "Restarted from the failed tasks.", start_time: timestamp() });
    await onDone();
  };
  return html`<${Dialog} title="Restart ${run.name} from what failed?" confirm="Restart from failed" onConfirm=${restart} onClose=${onClose}>
    <${Plan} plan=${plan} tasks=${flow.tasks} />
    <p class="muted">An agent with the run's labels (${run.labels.join(", ") || "none"}) takes it up.</p>
  <//>`;
}

function Plan({ plan, tasks }) {
  if (!plan) return html`<p class="muted">Looking at what is there…</p>`;
  if (plan.problem) return html`<p class="problem" role="alert">${plan.problem.message}</p>`;
  return html`
    <${Names} ids=${plan.failed} tasks=${tasks} title="${count(plan.failed.size, "task")} failed, or did not start" />
    ${plan.again.size > 0 && html`<${Names} ids=${plan.again} tasks=${tasks}
      title="${count(plan.again.size, "task")} succeeded, but must run again for these" />
      <p class="muted">What they returned was only in memory. With persisted datasets, or <code>result:</code> in prefect.yml,
        they need not.</p>`}`;
}

function Names({ ids, tasks, title }) {
  return html`<details class="plan" open=${ids.size <= 8}>
    <summary>${title}</summary>
    <ul>${[...ids].sort((a, b) => tasks.get(a).rank - tasks.get(b).rank).map((id) => html`<li key=${id}>${tasks.get(id).name}</li>`)}</ul>
  </details>`;
}

function RunAgain({ run, flow, onClose }) {
  const start = async () => {
    const which = flow.archived ? { version_group_id: flow.version_group_id } : { flow_id: flow.id };
    const { flow_run_by_pk: asked } = await ask(ASKED, { id: run.id }, { isExact: true });
    const { id } = await change("create_flow_run", { ...which, ...asked }, "id");
    navigate(pathTo("flow-run", id));
  };
  return html`<${Dialog} title="Run ${flow.name} again?" confirm="Run again" onConfirm=${start} onClose=${onClose}>
    <p>A new run, with the parameters and labels of this one.</p>
    ${flow.archived && html`<p>It runs the newest version; this one was of version ${flow.version}.</p>`}
  <//>`;
}

function SetState({ what, id, states, onDone, onClose }) {
  const set = async (form) => {
    const type = form.get("state");
    await setStates(what, [id], { type, message: form.get("message") || `Set to ${type} by hand.` });
    await onDone();
  };
  return html`<${Dialog} title="Set the state by hand" confirm="Set state" isDangerous onConfirm=${set} onClose=${onClose}>
    <p>This changes what is shown and what comes next; nothing is run, stopped or undone.</p>
    <label class="field"><span>State</span>
      <select name="state">${states.map((state) => html`<option key=${state} value=${state}>${state}</option>`)}</select></label>
    <label class="field"><span>Message</span><input name="message" placeholder="Why" autocomplete="off" /></label>
  <//>`;
}

function setStates(what, ids, state) {
  const states = ids.map((id) => ({ [`${what}_id`]: id, state }));
  return change(`set_${what}_states`, { states }, "states { status }");
}
