// How long a node took in earlier runs of its flow.
import { query } from "../shared/api.js";
import { medianOf } from "../shared/bar-height.js";
import { millisecondsBetween } from "../shared/format.js";
import { useEffect, useState } from "../vendor/html.js";

const RUNS = 20;
const HISTORY = `query ($name: String!, $group: uuid!) {
  task_run(
    where: {
      state: {_eq: "Success"}, map_index: {_eq: -1}, start_time: {_is_null: false}
      task: {name: {_eq: $name}, flow: {flow_group_id: {_eq: $group}}}
    }, order_by: {start_time: desc}, limit: ${RUNS}
  ) { start_time end_time }
}`;

/**
 * The median of a node's last successful durations, in milliseconds; null while it is not known.
 * @param {string} name
 * @param {string} group
 */
export function useMedianDuration(name, group) {
  const [median, setMedian] = useState(/** @type {number | null} */ (null));
  useEffect(() => {
    let isLate = false;
    setMedian(null);
    query(HISTORY, { name, group }).then(
      ({ task_run: rows }) => isLate || setMedian(medianDuration(rows)),
      () => {}, // without it, the duration stands alone
    );
    return () => {
      isLate = true;
    };
  }, [name, group]);
  return median;
}

/** @param {{ start_time: string, end_time: string | null }[]} rows */
function medianDuration(rows) {
  return medianOf(rows.map((row) => millisecondsBetween(row.start_time, row.end_time)).sort((a, b) => a - b));
}
