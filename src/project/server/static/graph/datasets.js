// Datasets between nodes: who writes one, who reads it, and of which catalog types it is.

/** A graph with a node of kind "dataset" between each writer and its readers; parameters are left out. */
export function withDatasets({ nodes, edges }) {
  const datasets = datasetsOf(nodes);
  const explained = new Set();
  const links = [];
  for (const { id, writers, readers } of datasets.values()) {
    for (const from of writers) links.push({ from, to: id });
    for (const to of readers) if (!writers.has(to)) links.push({ from: id, to });
    for (const from of writers) for (const to of readers) explained.add(`${from} ${to}`);
  }
  const others = edges.filter(({ from, to }) => !explained.has(`${from} ${to}`));
  return { nodes: [...nodes, ...[...datasets.values()].map(asNode)], edges: [...others, ...links] };
}

/** Whether any node says which datasets it reads or writes. */
export function haveDatasets(nodes) {
  return datasetsOf(nodes).size > 0;
}

/** "ParquetDataset" of "pandas.ParquetDataset". */
export function shortType(type) {
  return type.split(".").at(-1);
}

function datasetsOf(nodes) {
  const found = new Map();
  for (const node of nodes.filter(namesDatasets)) {
    for (const name of namesIn(node.outputs)) note(found, name, node.outputs).writers.add(node.id);
    for (const name of namesIn(node.inputs)) note(found, name, node.inputs).readers.add(node.id);
  }
  return found;
}

/** Other tasks than Kedro's nodes have arguments as their inputs, and the name of a Python type as their outputs. */
function namesDatasets({ outputs }) {
  return typeof outputs !== "string";
}

function namesIn(datasets) {
  return Object.keys(datasets ?? {}).filter((name) => name !== "parameters" && !name.startsWith("params:"));
}

/** Datasets that differ in what follows an "@" are one thing, written and read in several ways. */
function note(found, name, datasets) {
  const plain = name.split("@")[0];
  const id = `dataset:${plain}`;
  if (!found.has(id)) found.set(id, { id, name: plain, types: new Set(), writers: new Set(), readers: new Set() });
  const type = datasets[name]?.type;
  if (type) found.get(id).types.add(type);
  return found.get(id);
}

function asNode({ id, name, types }) {
  return { id, kind: "dataset", name, types: [...types], state: null };
}
