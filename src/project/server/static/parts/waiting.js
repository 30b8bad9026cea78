// What a run waits for that has not started.
import { ask } from "../api.js";
import { html } from "../vendor/html.js";
import { useLive } from "../live.js";
import { pathTo } from "../router.js";
import { moment } from "../format.js";
import { Ago, useNow } from "./time.js";
import { isLive, liveSince, missing, waitsFor } from "./takers.js";

const LATE_MILLISECONDS = 10_000;
const AGENTS = `query ($since: timestamptz!) {
  agent(where: {last_queried: {_gt: $since}}) { name labels last_queried }
}`;

// What ticks is no part of what a screen reader says anew whenever it has changed.
export function Waiting({ run }) {
  const now = useNow(true);
  const load = async () => (await ask(AGENTS, { since: liveSince() })).agent;
  const { data: agents } = useLive(load, [run.id], { seconds: 5 });
  const due = run.state_start_time && Date.parse(run.state_start_time);
  return html`<p class="waiting">
    <span role="status">${agents ? sentence(run, agents, due, now) : " "}</span>
    ${due && html` <span class="muted">${due > now ? "Starts" : "Was due"} <${Ago} time=${run.state_start_time} />.</span>`}
  </p>`;
}

function sentence(run, agents, due, now) {
  if (due > now) return `It starts at ${moment(run.state_start_time)}.`;
  const live = agents.filter((each) => isLive(each, now));
  const awaited = waitsFor(run.labels, live);
  if (awaited) return awaited;
  const late = due && now - due > LATE_MILLISECONDS ? "It is late. " : "";
  return html`${late}${missing(run.labels, live)} <a href=${pathTo("agents")}>Agents</a>`;
}
