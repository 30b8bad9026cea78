// What can be done with a run: cancel, restart, run again, set a state. Each opens a dialog first.
import { mutate } from "../shared/api.js";
import { Dialog } from "../shared/dialog.js";
import { formatTime, serverNow, timestamp } from "../shared/format.js";
import { NotifySwitch } from "../shared/notify-switch.js";
import { pathTo } from "../shared/router.js";
import { isFinished } from "../shared/states.js";
import { html, useState } from "../vendor/html.js";
import { RestartDialog } from "./restart-dialog.js";
import { SetStateDialog, setStates } from "./set-state-dialog.js";

const FLOW_RUN_STATES = ["Success", "Failed", "Cancelled"];
const TASK_RUN_STATES = ["Success", "Failed", "Skipped", "Cancelled", "Pending"];

/** @typedef {"cancel" | "restart" | "start" | "rename" | "state"} Action */
/** @typedef {() => Promise<void>} OnDone */

/** @param {{ data: FlowRunData, onDone: OnDone }} props */
export function RunActions({ data: { run, flow }, onDone }) {
  const [action, setAction] = useState(/** @type {Action | null} */ (null));
  const close = () => setAction(null);
  const open = (/** @type {Action} */ name) => () => setAction(name);
  const canCancel = !isFinished(run.state);
  const canRestart = isFinished(run.state) && run.state !== "Success";
  const canStart = run.state === "Scheduled" && Date.parse(run.state_start_time ?? "") > serverNow();
  const isCancelling = run.state === "Cancelling";
  return html`<div class="actions">
    ${canCancel && html`<${NotifySwitch} key="notify" />`}
    ${canCancel && html`<button key="cancel" type="button" class="danger" disabled=${isCancelling} onClick=${open("cancel")}>Cancel run</button>`}
    ${canRestart && html`<button key="restart" type="button" class="primary" onClick=${open("restart")}>Restart from failed</button>`}
    ${canStart && html`<button key="start" type="button" class="primary" onClick=${open("start")}>Start now</button>`}
    <a class="button" href=${pathTo("flow", flow.flow_group_id, { tab: "run", again: run.id })}>Run again</a>
    <button type="button" onClick=${open("rename")}>Rename</button>
    <button type="button" onClick=${open("state")}>Set state</button>
    ${action === "rename" && html`<${RenameDialog} run=${run} onDone=${onDone} onClose=${close} />`}
    ${action === "cancel" && html`<${CancelDialog} run=${run} onDone=${onDone} onClose=${close} />`}
    ${action === "restart" && html`<${RestartDialog} run=${run} flow=${flow} onDone=${onDone} onClose=${close} />`}
    ${action === "start" && html`<${StartDialog} run=${run} onDone=${onDone} onClose=${close} />`}
    ${
      action === "state" &&
      html`<${SetStateDialog} what="flow_run" id=${run.id} states=${FLOW_RUN_STATES} onDone=${onDone} onClose=${close} />`
    }
  </div>`;
}

/** @param {{ taskRun: TaskRun, onDone: OnDone }} props */
export function TaskRunActions({ taskRun, onDone }) {
  const [isOpen, setOpen] = useState(false);
  const close = () => setOpen(false);
  return html`<div class="actions">
    <button type="button" onClick=${() => setOpen(true)}>Set state</button>
    ${
      isOpen &&
      html`<${SetStateDialog} what="task_run" id=${taskRun.id} states=${TASK_RUN_STATES} onDone=${onDone} onClose=${close} />`
    }
  </div>`;
}

/** @param {{ run: FlowRun, onDone: OnDone, onClose: () => void }} props */
function StartDialog({ run, onDone, onClose }) {
  const start = async () => {
    await setStates("flow_run", [run.id], { type: "Scheduled", message: "Started early.", start_time: timestamp() });
    await onDone();
  };
  return html`<${Dialog} title="Start ${run.name} now?" confirm="Start now" onConfirm=${start} onClose=${onClose}>
    <p>It was scheduled for ${formatTime(run.state_start_time)}. The next runs of the schedule stay as they are.</p>
  <//>`;
}

/** @param {{ run: FlowRun, onDone: OnDone, onClose: () => void }} props */
function RenameDialog({ run, onDone, onClose }) {
  const rename = async (/** @type {FormData} */ form) => {
    await mutate("set_flow_run_name", { flow_run_id: run.id, name: String(form.get("name")).trim() });
    await onDone();
  };
  return html`<${Dialog} title="Rename ${run.name}" confirm="Rename" onConfirm=${rename} onClose=${onClose}>
    <label class="field"><span>Name</span><input name="name" defaultValue=${run.name} required autocomplete="off" /></label>
  <//>`;
}

/** @param {{ run: FlowRun, onDone: OnDone, onClose: () => void }} props */
function CancelDialog({ run, onDone, onClose }) {
  const cancel = async () => {
    await mutate("cancel_flow_run", { flow_run_id: run.id }, "state");
    await onDone();
  };
  const effect =
    run.state === "Running"
      ? "Its process stops within a few seconds. Tasks that have ended keep their states."
      : "It will not start.";
  return html`<${Dialog} title="Cancel ${run.name}?" confirm="Cancel run" isDangerous onConfirm=${cancel} onClose=${onClose}>
    <p>${effect}</p>
  <//>`;
}
