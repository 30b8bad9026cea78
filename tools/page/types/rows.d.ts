// Rows of the GraphQL API, with the fields that the page asks for. Times are ISO 8601 strings.

type Json =
  | null
  | boolean
  | number
  | string
  | import("../../../src/project/server/static/shared/exact-json.js").ExactNumber
  | Json[]
  | { [name: string]: Json };
type JsonObject = Record<string, Json>;

interface Project {
  name: string;
}

interface Edge {
  from: string;
  to: string;
  key?: string | null;
}

/** Datasets of a Kedro node by name; Prefect's own tasks have arguments, or the name of a Python type. */
type Datasets = Record<string, { type?: string } | null>;

interface Task {
  id: string;
  name: string;
  slug?: string;
  type: string;
  description?: string | null;
  tags?: string[] | null;
  mapped?: boolean;
  max_retries?: number;
  inputs?: Datasets | null;
  outputs?: Datasets | string | null;
}

/** A task and its place in the order in which a flow's tasks can run. */
interface RankedTask extends Task {
  rank: number;
}

/** A stretch of running: `end` is null while it goes on. */
interface Attempt {
  start: string;
  end: string | null;
  state: string;
}

interface TaskRunRow {
  id: string;
  task_id: string;
  map_index: number;
  name?: string | null;
  version: number;
  state: string;
  state_message: string | null;
  state_timestamp: string;
  state_start_time: string | null;
  start_time: string | null;
  end_time: string | null;
  heartbeat?: string | null;
  updated: string;
}

interface TaskRun extends TaskRunRow {
  task?: Task & { rank?: number };
  attempts: Attempt[];
}

interface StateRow {
  id: string;
  timestamp: string;
  state: string;
  message: string | null;
}

interface RunConfig {
  type: string;
  labels?: string[] | null;
  [name: string]: Json | undefined;
}

interface Clock {
  type: string;
  cron?: string;
  interval?: number;
  dates?: { dt: string; tz: string }[];
  rrule?: Json;
  start_date?: { dt: string; tz: string } | null;
  parameter_defaults?: JsonObject | null;
  labels?: string[] | null;
}

interface Schedule {
  clocks?: Clock[];
}

interface Agent {
  id: string;
  name: string | null;
  type: string;
  labels: string[];
  core_version: string;
  last_queried: string | null;
}

interface ListedRun {
  id: string;
  name: string;
  state: string;
  start_time: string | null;
  end_time: string | null;
  scheduled_start_time: string;
}

interface ListedFlow {
  id: string;
  name: string;
  version: number;
  schedule: Schedule | null;
  is_schedule_active: boolean;
  project: Project;
  flow_group: { id: string; schedule: Schedule | null };
}

/** A row of the list of flows; `runs` has the oldest first. */
interface FlowListRow {
  id: string;
  flow: ListedFlow;
  runs: ListedRun[];
  upcoming: ListedRun[];
}

interface Flow {
  id: string;
  name: string;
  version: number;
  description: string | null;
  created: string;
  core_version: string;
  parameters: { name: string; default?: Json; required?: boolean }[];
  storage: { type: string; [name: string]: Json | undefined };
  run_config: RunConfig | null;
  project: Project;
  tasks: Map<string, Task>;
  edges: Edge[];
  archived: boolean;
  schedule: Schedule | null;
  is_schedule_active: boolean;
  flow_group: {
    id: string;
    labels: string[] | null;
    default_parameters: JsonObject | null;
    schedule: Schedule | null;
    run_config: RunConfig | null;
    flows: { id: string; version: number; archived: boolean }[];
  };
}

interface FlowRun {
  id: string;
  name: string;
  created: string;
  parameters: JsonObject | null;
  labels: string[];
  scheduled_start_time: string;
  state: string;
  state_message: string | null;
  state_start_time: string | null;
  start_time: string | null;
  end_time: string | null;
  agent_id: string | null;
}

/** The flow of a run. */
interface RunFlow {
  id: string;
  name: string;
  version: number;
  flow_group_id: string;
  project: Project;
  tasks: Map<string, RankedTask>;
  edges: Edge[];
}

interface LogLine {
  id: string;
  timestamp: string;
  level: string;
  name: string;
  message: string | null;
  task_run_id: string | null;
}

interface Artifact {
  id: string;
  kind: string;
  data: { link?: unknown; markdown?: unknown } | null;
  created: string;
  updated: string;
  task_run_id: string;
}

/** What `/run-options.json` says of an option of `kedro run`. */
interface RunOption {
  name: string;
  type: "string" | "boolean" | "list" | "mapping";
  help: string;
}
