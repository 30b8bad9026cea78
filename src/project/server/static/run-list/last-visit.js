// When this browser last looked at the runs, and what has failed since.
import { query } from "../shared/api.js";
import { serverNow } from "../shared/format.js";
import { statesIn } from "../shared/states.js";
import { useEffect, useState } from "../vendor/html.js";

const KEY = "last visit";
const NEW_VISIT_MILLISECONDS = 30 * 60_000; // a shorter absence belongs to the same visit
const SEEN_MILLISECONDS = 30_000;
const FAILED_SINCE = `query ($where: flow_run_bool_exp!) { flow_run_aggregate(where: $where) { aggregate { count } } }`;

/** @typedef {{ since: number, seen: number }} Visit `since`: the end of the visit before; `seen`: of this one so far. */

/** The number of runs that have failed since the last visit, and its time; null before that is known. */
export function useFailedSinceLastVisit() {
  const [failed, setFailed] = useState(/** @type {{ count: number, since: string } | null} */ (null));
  useEffect(() => {
    const { since } = recordVisit();
    const time = new Date(since).toISOString();
    const where = { state: { _in: statesIn("failed") }, end_time: { _gt: time } };
    query(FAILED_SINCE, { where }).then(
      (data) => setFailed({ count: data.flow_run_aggregate.aggregate.count, since: time }),
      () => {}, // the list itself says that the server is away
    );
    const timer = setInterval(() => document.hidden || recordVisit(), SEEN_MILLISECONDS);
    return () => clearInterval(timer);
  }, []);
  return failed;
}

/** @returns {Visit} */
function recordVisit() {
  const now = serverNow();
  const last = /** @type {Visit | null} */ (JSON.parse(localStorage.getItem(KEY) ?? "null"));
  const isNew = last && now - last.seen > NEW_VISIT_MILLISECONDS;
  const visit = { since: isNew ? last.seen : (last?.since ?? now), seen: now };
  localStorage.setItem(KEY, JSON.stringify(visit));
  return visit;
}
