// Kinds of tasks, and what a task run is called.

/** @param {{ type: string } | undefined} task */
export function isParameterTask(task) {
  return Boolean(task?.type?.startsWith("prefect.core.parameter."));
}

/**
 * The task that opens the Kedro session.
 * @param {{ type?: string } | undefined} task
 */
export function isInitTask(task) {
  return Boolean(task?.type?.endsWith(".InitTask"));
}

/**
 * Whether a task's inputs or outputs are datasets of a Kedro node: other tasks' outputs are the name of a Python type.
 * @param {Datasets | string | null | undefined} datasets
 * @returns {datasets is Datasets}
 */
export function areDatasets(datasets) {
  return datasets !== null && typeof datasets === "object";
}

/**
 * A task run's own name, or its task's with the index in a mapping.
 * @param {Pick<TaskRun, "name" | "task" | "task_id" | "map_index">} taskRun
 */
export function taskRunName(taskRun) {
  if (taskRun.name) return taskRun.name;
  const name = taskRun.task?.name ?? taskRun.task_id;
  return taskRun.map_index >= 0 ? `${name}[${taskRun.map_index}]` : name;
}

/** "node_2" comes before "node_10". */
export const NATURAL_ORDER = new Intl.Collator(undefined, { numeric: true });

/**
 * @param {TaskRun} a
 * @param {TaskRun} b
 */
export function compareNames(a, b) {
  return NATURAL_ORDER.compare(taskRunName(a), taskRunName(b));
}
