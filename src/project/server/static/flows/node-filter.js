// Which nodes a run would have, by the rules of Kedro's `Pipeline.filter`, and what they read and write.
import { namespaceOf } from "../graph/namespaces.js";
import { neighboursOf, reachable } from "../shared/directed-graph.js";
import { areDatasets } from "../shared/tasks.js";

/**
 * The values of the run options that select nodes; an empty list selects nothing by itself.
 * @typedef {{
 *   nodes: string[], tags: string[], namespaces: string[], from_nodes: string[], to_nodes: string[],
 *   from_inputs: string[], to_outputs: string[],
 * }} NodeChoice
 */
/**
 * `lost`: what the nodes would read from memory, where no node of the run puts it.
 * @typedef {{ ids: Set<string>, unknown: string[], reads: string[], writes: string[], lost: string[] }} NodePreview
 */
/** @typedef {Pick<GraphNode, "id" | "name" | "tags" | "inputs" | "outputs">} FilteredNode */

/** @type {(keyof NodeChoice)[]} */
export const NODE_OPTIONS = ["nodes", "tags", "namespaces", "from_nodes", "to_nodes", "from_inputs", "to_outputs"];
const MEMORY_DATASET = /(^|\.)MemoryDataSet$/i;

/**
 * @param {{ nodes: FilteredNode[], edges: Edge[] }} graph
 * @param {NodeChoice} choice
 * @returns {NodePreview}
 */
export function previewOf({ nodes, edges }, choice) {
  const { before, after } = neighboursOf(edges);
  const idsWhere = (/** @type {(node: FilteredNode) => boolean} */ is) => nodes.filter(is).map(({ id }) => id);
  const named = (/** @type {string[]} */ names) => idsWhere(({ name }) => names.includes(name));
  const touching = (/** @type {"inputs" | "outputs"} */ side, /** @type {string[]} */ names) =>
    idsWhere((node) => namesOf(node[side]).some((name) => names.includes(name)));
  const subsets = [
    ...(choice.nodes.length ? [named(choice.nodes)] : []),
    ...(choice.tags.length ? [idsWhere(({ tags }) => (tags ?? []).some((tag) => choice.tags.includes(tag)))] : []),
    ...(choice.namespaces.length
      ? [idsWhere(({ name }) => choice.namespaces.some((each) => name.startsWith(`${each}.`)))]
      : []),
    ...(choice.from_nodes.length ? [[...reachable(named(choice.from_nodes), after)]] : []),
    ...(choice.to_nodes.length ? [[...reachable(named(choice.to_nodes), before)]] : []),
    ...(choice.from_inputs.length ? [[...reachable(touching("inputs", choice.from_inputs), after)]] : []),
    ...(choice.to_outputs.length ? [[...reachable(touching("outputs", choice.to_outputs), before)]] : []),
  ].map((ids) => new Set(ids));
  const ids = new Set(idsWhere(({ id }) => subsets.every((subset) => subset.has(id))));
  return { ids, unknown: unknownIn(nodes, choice), ...datasetsOf(nodes, ids) };
}

/**
 * The parameters that nodes read: "model.depth" for `params:model.depth`, "" for all of them.
 * @param {FilteredNode[]} nodes
 */
export function parametersOf(nodes) {
  const names = nodes.flatMap(({ inputs }) => (areDatasets(inputs) ? Object.keys(inputs) : []));
  const read = names.flatMap((name) =>
    name === "parameters" ? [""] : name.startsWith("params:") ? [name.slice(7)] : [],
  );
  return [...new Set(read)].sort();
}

/**
 * What can be typed for each of the options.
 * @param {FilteredNode[]} nodes
 * @returns {Record<keyof NodeChoice, string[]>}
 */
export function choicesIn(nodes) {
  const sorted = (/** @type {string[]} */ names) => [...new Set(names)].sort();
  const names = sorted(nodes.map(({ name }) => name));
  return {
    nodes: names,
    from_nodes: names,
    to_nodes: names,
    tags: sorted(nodes.flatMap(({ tags }) => tags ?? [])),
    namespaces: sorted(names.flatMap((name) => namespaceOf(name) ?? [])),
    from_inputs: sorted(nodes.flatMap(({ inputs }) => namesOf(inputs))),
    to_outputs: sorted(nodes.flatMap(({ outputs }) => namesOf(outputs))),
  };
}

/**
 * What was typed that the pipeline does not have; Kedro refuses nodes and datasets like that.
 * @param {FilteredNode[]} nodes
 * @param {NodeChoice} choice
 */
function unknownIn(nodes, choice) {
  const known = choicesIn(nodes);
  return NODE_OPTIONS.filter((option) => option !== "namespaces").flatMap((option) =>
    choice[option].filter((name) => !known[option].includes(name)),
  );
}

/**
 * @param {FilteredNode[]} nodes
 * @param {Set<string>} ids
 */
function datasetsOf(nodes, ids) {
  const chosen = nodes.filter(({ id }) => ids.has(id));
  const entries = (/** @type {"inputs" | "outputs"} */ side) =>
    new Map(chosen.flatMap((node) => entriesOf(node[side])));
  const [inputs, outputs] = [entries("inputs"), entries("outputs")];
  const made = new Set(nodes.flatMap(({ outputs: all }) => namesOf(all)));
  const free = [...inputs].filter(([name]) => !outputs.has(name));
  const isInMemory = (/** @type {[string, string | undefined]} */ [, type]) => MEMORY_DATASET.test(type ?? "");
  const isLost = (/** @type {[string, string | undefined]} */ entry) => isInMemory(entry) && made.has(entry[0]);
  const namesIn = (/** @type {[string, unknown][]} */ pairs) => pairs.map(([name]) => name).sort();
  return {
    reads: namesIn(free.filter((entry) => !isLost(entry))),
    writes: namesIn([...outputs].filter((entry) => !isInMemory(entry))),
    lost: namesIn(free.filter(isLost)),
  };
}

/** @param {FilteredNode["outputs"]} datasets */
function namesOf(datasets) {
  return entriesOf(datasets).map(([name]) => name);
}

/**
 * The datasets with their types; parameters are left out.
 * @param {FilteredNode["outputs"]} datasets
 * @returns {[string, string | undefined][]}
 */
function entriesOf(datasets) {
  if (!areDatasets(datasets)) return [];
  return Object.entries(datasets)
    .filter(([name]) => name !== "parameters" && !name.startsWith("params:"))
    .map(([name, dataset]) => [name, dataset?.type]);
}
