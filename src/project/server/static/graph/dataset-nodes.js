// Datasets between nodes: what writes one, what reads it, and which types it has in the catalog.
import { areDatasets } from "../shared/tasks.js";

/** @typedef {{ id: string, name: string, types: Set<string>, writers: Set<string>, readers: Set<string> }} Dataset */

/**
 * The graph with a node of kind "dataset" between each writer and its readers; parameters are left out.
 * @param {GraphData} graph
 * @returns {GraphData}
 */
export function withDatasets({ nodes, edges }) {
  const datasets = datasetsOf(nodes);
  const explained = new Set(); // edges between nodes in whose place there are edges to and from a dataset
  /** @type {Edge[]} */
  const links = [];
  for (const { id, writers, readers } of datasets) {
    for (const from of writers) links.push({ from, to: id });
    for (const to of readers) if (!writers.has(to)) links.push({ from: id, to });
    for (const from of writers) for (const to of readers) explained.add(`${from} ${to}`);
  }
  const others = edges.filter(({ from, to }) => !explained.has(`${from} ${to}`));
  return { nodes: [...nodes, ...datasets.map(asNode)], edges: [...others, ...links] };
}

/**
 * Whether any node names the datasets that it reads or writes.
 * @param {GraphNode[]} nodes
 */
export function hasDatasets(nodes) {
  return datasetsOf(nodes).length > 0;
}

/**
 * "ParquetDataset" of "pandas.ParquetDataset".
 * @param {string} type
 */
export function shortType(type) {
  return type.slice(type.lastIndexOf(".") + 1);
}

/** @param {GraphNode[]} nodes */
function datasetsOf(nodes) {
  /** @type {Map<string, Dataset>} */
  const datasets = new Map();
  for (const { id, inputs, outputs } of nodes) {
    // Other tasks than Kedro's nodes have arguments as inputs, and the name of a Python type as outputs.
    if (typeof outputs === "string") continue;
    for (const dataset of register(datasets, outputs)) dataset.writers.add(id);
    for (const dataset of register(datasets, inputs)) dataset.readers.add(id);
  }
  return [...datasets.values()];
}

/**
 * Datasets that differ in what follows an "@" are one file, written and read in several ways.
 * @param {Map<string, Dataset>} datasets
 * @param {Datasets | null | undefined} named
 */
function register(datasets, named) {
  const entries = areDatasets(named) ? Object.entries(named) : [];
  return entries
    .filter(([name]) => name !== "parameters" && !name.startsWith("params:"))
    .map(([fullName, details]) => {
      const name = fullName.split("@")[0];
      const dataset = datasets.get(name) ?? newDataset(name);
      datasets.set(name, dataset);
      if (details?.type) dataset.types.add(details.type);
      return dataset;
    });
}

/**
 * @param {string} name
 * @returns {Dataset}
 */
function newDataset(name) {
  return { id: `dataset:${name}`, name, types: new Set(), writers: new Set(), readers: new Set() };
}

/**
 * @param {Dataset} dataset
 * @returns {GraphNode}
 */
function asNode({ id, name, types }) {
  return { id, kind: "dataset", name, types: [...types], state: null };
}
