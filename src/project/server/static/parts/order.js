// The order in which a flow's tasks can run.

/** How many tasks come before each one after another: Map(task id -> number). */
export function ranksOf(tasks, edges) {
  const after = new Map();
  const waiting = new Map([...tasks.keys()].map((id) => [id, 0]));
  for (const { upstream_task_id: from, downstream_task_id: to } of edges) {
    after.set(from, [...(after.get(from) ?? []), to]);
    waiting.set(to, waiting.get(to) + 1);
  }
  const ranks = new Map();
  const ready = [...waiting.keys()].filter((id) => waiting.get(id) === 0);
  for (const id of ready) ranks.set(id, 0);
  for (const id of ready) {
    for (const next of after.get(id) ?? []) {
      ranks.set(next, Math.max(ranks.get(next) ?? 0, ranks.get(id) + 1));
      waiting.set(next, waiting.get(next) - 1);
      if (waiting.get(next) === 0) ready.push(next);
    }
  }
  return ranks;
}
