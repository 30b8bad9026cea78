// What a run waits for that has not started.
import { ask } from "../api.js";
import { html } from "../vendor/html.js";
import { useLive } from "../live.js";
import { pathTo } from "../router.js";
import { ago, moment } from "../format.js";
import { useNow } from "./time.js";
import { isLive, mayTake, missing } from "./takers.js";

const LATE_MILLISECONDS = 10_000;
const AGENTS = "query { agent { name labels last_queried } }";

export function Waiting({ run }) {
  const now = useNow(true);
  const load = async () => (await ask(AGENTS)).agent;
  const { data: agents } = useLive(load, [run.id], { seconds: 5 });
  return html`<p class="waiting" role="status">${agents ? sentence(run, agents, now) : " "}</p>`;
}

function sentence(run, agents, now) {
  const due = run.state_start_time;
  if (due && Date.parse(due) > now) return `It starts ${ago(due, now)}, at ${moment(due)}.`;
  const live = agents.filter((each) => isLive(each, now));
  const takers = live.filter((each) => mayTake(each.labels, run.labels));
  if (takers.length) return `It waits for agent ${takers.map((each) => each.name ?? "without a name").join(" or ")}.`;
  const late = due && now - Date.parse(due) > LATE_MILLISECONDS ? `It is late: it was due ${ago(due, now)}. ` : "";
  return html`${late}${missing(run.labels, live)} <a href=${pathTo("agents")}>Agents</a>`;
}
