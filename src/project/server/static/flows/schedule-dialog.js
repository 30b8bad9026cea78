// Edits the schedule that all versions of a flow have.
import { mutate } from "../shared/api.js";
import { Dialog } from "../shared/dialog.js";
import { html, useState } from "../vendor/html.js";
import { scheduleInWords, scheduleOf } from "./schedule.js";

const SECOND_MICROSECONDS = 1_000_000;

/** @typedef {"own" | "cron" | "interval" | "none"} Kind */
/** @typedef {{ kind: Kind, cron: string, timezone: string, minutes: string }} Draft */

/** @param {{ flow: Flow, onDone: () => Promise<void>, onClose: () => void }} props */
export function ScheduleDialog({ flow, onDone, onClose }) {
  const [draft, setDraft] = useState(() => draftOf(flow));
  const change = (/** @type {FieldEvent} */ { target }) => setDraft({ ...draft, [target.name]: target.value });
  const save = async (/** @type {FormData} */ form) => {
    await mutate(...mutationFor(flow.flow_group.id, draft));
    const isOn = form.get("active") === "on";
    const hasNone = draft.kind === "none" || (draft.kind === "own" && !flow.schedule);
    if (isOn && !hasNone) await mutate("set_schedule_active", { flow_id: flow.id });
    else if (flow.is_schedule_active) await mutate("set_schedule_inactive", { flow_id: flow.id });
    await onDone();
  };
  const lost = scheduleOf(flow)?.clocks ?? [];
  const isMore =
    lost.length > 1 || lost.some((clock) => clock.labels?.length || Object.keys(clock.parameter_defaults ?? {}).length);
  return html`<${Dialog} title="Schedule of ${flow.name}" confirm="Save" onConfirm=${save} onClose=${onClose}>
    <div class="field"><label for="kind">Runs</label><select id="kind" name="kind" value=${draft.kind} onChange=${change}>
      <option value="own">As in the code: ${scheduleInWords(flow.schedule) ?? "no schedule"}</option>
      <option value="cron">On a cron schedule</option>
      <option value="interval">Every N minutes</option>
      <option value="none">Never (no schedule)</option>
    </select></div>
    ${
      draft.kind === "cron" &&
      html`<div class="field"><label for="cron">Cron</label>
        <input id="cron" name="cron" class="mono" value=${draft.cron} required autocomplete="off" aria-describedby="cron-hint" onInput=${change} />
        <span id="cron-hint" class="hint">minute, hour, day of the month, month, day of the week</span></div>
      <div class="field"><label for="timezone">Time zone</label>
        <input id="timezone" name="timezone" value=${draft.timezone} required autocomplete="off" onInput=${change} /></div>`
    }
    ${
      draft.kind === "interval" &&
      html`<div class="field"><label for="minutes">Minutes</label>
        <input id="minutes" name="minutes" type="number" min="1" step="any" value=${draft.minutes} required onInput=${change} /></div>`
    }
    <p role="status">${scheduleInWords(scheduleFrom(draft, flow)) ?? "The flow runs only when somebody starts it."}</p>
    ${isMore && draft.kind !== "own" && html`<p class="problem">This replaces ${lost.length > 1 ? `${lost.length} clocks` : "the clock"}, with the parameters and labels that are set there.</p>`}
    <label class="check"><input type="checkbox" name="active" defaultChecked=${flow.is_schedule_active || !scheduleOf(flow)} /> The schedule is on</label>
  <//>`;
}

/**
 * @param {Flow} flow
 * @returns {Draft}
 */
function draftOf({ schedule, flow_group: group }) {
  const { cron, interval, start_date: start } = (group.schedule ?? schedule)?.clocks?.[0] ?? {};
  const draft = {
    cron: cron ?? "0 6 * * *",
    timezone: start?.tz ?? Intl.DateTimeFormat().resolvedOptions().timeZone,
    minutes: String(interval ? interval / SECOND_MICROSECONDS / 60 : 60),
  };
  if (!group.schedule) return { ...draft, kind: "own" };
  if (!group.schedule.clocks?.length) return { ...draft, kind: "none" };
  return { ...draft, kind: cron ? "cron" : "interval" };
}

/**
 * @param {Draft} draft
 * @param {Flow} flow
 * @returns {Schedule | null}
 */
function scheduleFrom({ kind, cron, timezone, minutes }, flow) {
  if (kind === "own") return flow.schedule;
  if (kind === "cron") return { clocks: [{ type: "CronClock", cron, start_date: { dt: "", tz: timezone } }] };
  const interval = secondsOf(minutes) * SECOND_MICROSECONDS;
  return kind === "interval" && interval > 0 ? { clocks: [{ type: "IntervalClock", interval }] } : null;
}

/**
 * What the server takes: whole seconds.
 * @param {string} minutes
 */
function secondsOf(minutes) {
  return Math.round(Number(minutes) * 60);
}

/**
 * @param {string} group
 * @param {Draft} draft
 * @returns {[string, object]}
 */
function mutationFor(group, { kind, cron, timezone, minutes }) {
  const input = { flow_group_id: group };
  if (kind === "own") return ["delete_flow_group_schedule", input];
  if (kind === "cron")
    return ["set_flow_group_schedule", { ...input, cron_clocks: [{ cron: cron.trim() }], timezone: timezone.trim() }];
  const clocks = kind === "interval" ? [{ interval: secondsOf(minutes) }] : [];
  return ["set_flow_group_schedule", { ...input, interval_clocks: clocks }];
}
