// Types that modules of the page share.

/** An address of the page: /slug/view/id?query */
interface Route {
  slug: string;
  view: string;
  id: string | null;
  query: URLSearchParams;
}

interface ViewProps {
  id: string;
  query: URLSearchParams;
}

type FieldEvent = Event & { target: HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement };

/** What an element or a value is kept in between renderings; an element's is set once it is drawn. */
interface Ref<T> {
  current: T;
}

type StateFamily =
  | "failed"
  | "cancelled"
  | "retrying"
  | "running"
  | "scheduled"
  | "pending"
  | "skipped"
  | "success"
  | "not-started";

/** What a load function returns for an id that names nothing. */
interface NotFound {
  isMissing: true;
}

interface FlowData {
  isMissing?: undefined;
  flow: Flow;
  upcoming: { scheduled_start_time: string } | null;
  last: ListedRun | null;
  taskRuns: Map<string, TaskRunRow>;
  since: string;
  serialized: string;
}

/** `byTask`: the groups of tasks, by their names, that ran in one process each. */
interface RunGroups {
  byTask: Map<string, string>;
  since: string;
}

/** `endSeen`: when this page first saw that the run had ended, by performance.now(). */
interface FlowRunData {
  isMissing?: undefined;
  run: FlowRun;
  flow: RunFlow;
  states: StateRow[];
  taskRuns: Map<string, TaskRun>;
  since: string;
  runGroups: RunGroups;
  endSeen: number | null;
}

interface Neighbour extends Task {
  run?: { id: string; task_id: string; state: string; updated: string };
}

interface TaskRunData {
  isMissing?: undefined;
  taskRun: TaskRun;
  task: Task;
  flowRun: { id: string; name: string; state: string; flow: { id: string; name: string } };
  states: StateRow[];
  attempts: Attempt[];
  upstream: Neighbour[];
  downstream: Neighbour[];
  neighbourIds: string[];
  children: Map<string, TaskRun>;
  since: string;
  neighboursSince: string;
  endSeen: number | null;
}

interface Tab {
  id: string;
  title: string;
  count?: number;
  panel: () => unknown;
}
