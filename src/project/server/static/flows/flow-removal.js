// Archives and deletes versions of a flow, and says first what goes with them.
import { mutate } from "../shared/api.js";
import { Dialog } from "../shared/dialog.js";
import { navigate, pathTo } from "../shared/router.js";
import { WhatGoes } from "../shared/what-goes.js";
import { html, useState } from "../vendor/html.js";

/** @typedef {"archive" | "version" | "flow"} Removal */

/** @param {{ flow: Flow, onChange: () => Promise<void> }} props */
export function FlowRemoval({ flow, onChange }) {
  const [removal, setRemoval] = useState(/** @type {Removal | null} */ (null));
  const open = (/** @type {Removal} */ name) => () => setRemoval(name);
  const close = () => setRemoval(null);
  const isOnly = flow.flow_group.flows.length === 1;
  return html`<section class="panel part">
    <h2>Remove</h2>
    <div class="removals">
      ${!flow.archived && html`<button type="button" onClick=${open("archive")}>Archive version ${flow.version}</button>`}
      ${!isOnly && html`<button type="button" class="danger" onClick=${open("version")}>Delete version ${flow.version}</button>`}
      <button type="button" class="danger" onClick=${open("flow")}>Delete the flow</button>
    </div>
    ${removal === "archive" && html`<${ArchiveDialog} flow=${flow} onDone=${onChange} onClose=${close} />`}
    ${removal === "version" && html`<${DeleteVersionDialog} flow=${flow} onClose=${close} />`}
    ${removal === "flow" && html`<${DeleteFlowDialog} flow=${flow} onClose=${close} />`}
  </section>`;
}

/** @param {{ flow: Flow, onDone: () => Promise<void>, onClose: () => void }} props */
function ArchiveDialog({ flow, onDone, onClose }) {
  const archive = async () => {
    await mutate("archive_flow", { flow_id: flow.id });
    await onDone();
  };
  return html`<${Dialog} title="Archive version ${flow.version} of ${flow.name}?" confirm="Archive" isDangerous onConfirm=${archive} onClose=${onClose}>
    <p>Its past runs are kept. Waiting runs are cancelled, those of its schedule are deleted, and no new ones can start until
      the flow is registered again.</p>
  <//>`;
}

/** @param {{ flow: Flow, onClose: () => void }} props */
function DeleteVersionDialog({ flow, onClose }) {
  const remove = async () => {
    await mutate("delete_flow", { flow_id: flow.id });
    navigate(pathTo("flow", flow.flow_group.id), { replace: true });
  };
  return html`<${Dialog} title="Delete version ${flow.version} of ${flow.name}?" confirm="Delete version" isDangerous onConfirm=${remove} onClose=${onClose}>
    <${WhatGoes} runs=${{ flow_id: { _eq: flow.id } }} />
  <//>`;
}

/** @param {{ flow: Flow, onClose: () => void }} props */
function DeleteFlowDialog({ flow, onClose }) {
  const remove = async (/** @type {FormData} */ form) => {
    if (form.get("name") !== flow.name) throw new Error(`Type the name of the flow: ${flow.name}`);
    await mutate("delete_flow_group", { flow_group_id: flow.flow_group.id });
    navigate(pathTo(), { replace: true });
  };
  return html`<${Dialog} title="Delete ${flow.name} with all of its versions?" confirm="Delete the flow" isDangerous onConfirm=${remove} onClose=${onClose}>
    <${WhatGoes} runs=${{ flow: { flow_group_id: { _eq: flow.flow_group.id } } }} />
    <p class="muted">Its schedule, labels and default parameters are deleted, too. Registering it again begins with version 1.</p>
    <label class="field"><span>Type <b>${flow.name}</b> to confirm</span><input name="name" required autocomplete="off" spellcheck=${false} /></label>
  <//>`;
}
