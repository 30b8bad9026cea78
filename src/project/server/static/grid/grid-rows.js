// The rows of the grid: nodes in the order in which they can run, those of a namespace together under its name.
import { namespaceOf, namespacesOf } from "../graph/namespaces.js";
import { millisecondsBetween } from "../shared/format.js";
import { mostSevere } from "../shared/states.js";
import { NATURAL_ORDER } from "../shared/tasks.js";

/** @import { Cell } from "./grid-data.js" */
/** @typedef {{ id: string, slug: string, name: string, rank: number }} GridNode */
/**
 * `id`: the name of a namespace, or a node's slug; `slugs`: of the nodes that the row stands for; `taskId`: null for a
 * namespace.
 * @typedef {{
 *   id: string, label: string, depth: number, slugs: string[], taskId: string | null, isFolded: boolean,
 * }} GridRow
 */
/** @typedef {{ namespace: string, nodes: GridNode[], children: (Branch | GridNode)[] }} Branch */

/**
 * @param {GridNode[]} nodes
 * @param {Set<string>} folded
 * @returns {GridRow[]}
 */
export function rowsOf(nodes, folded) {
  const root = treeOf(nodes);
  /** @type {GridRow[]} */
  const rows = [];
  const addRows = (/** @type {Branch} */ branch, /** @type {number} */ depth) => {
    for (const child of branch.children) {
      const label = (/** @type {string} */ name) => (branch.namespace ? name.slice(branch.namespace.length + 1) : name);
      if ("slug" in child) {
        const { id, slug, name } = child;
        rows.push({ id: slug, label: label(name), depth, slugs: [slug], taskId: id, isFolded: false });
        continue;
      }
      const isFolded = folded.has(child.namespace);
      const slugs = child.nodes.map(({ slug }) => slug);
      rows.push({ id: child.namespace, label: label(child.namespace), depth, slugs, taskId: null, isFolded });
      if (!isFolded) addRows(child, depth + 1);
    }
  };
  addRows(root, 0);
  return rows;
}

/**
 * @param {GridNode[]} nodes
 * @returns {Branch}
 */
function treeOf(nodes) {
  const namespaces = namespacesOf(nodes.map((node) => ({ ...node, state: null })));
  /** @type {Branch} */
  const root = { namespace: "", nodes, children: [] };
  /** @type {Map<string, Branch>} */
  const branches = new Map();
  const inOrder = [...nodes].sort((a, b) => a.rank - b.rank || NATURAL_ORDER.compare(a.name, b.name));
  for (const node of inOrder) {
    let branch = root;
    const levels = namespaceOf(node.name)?.split(".") ?? [];
    for (const [index] of levels.entries()) {
      const namespace = levels.slice(0, index + 1).join(".");
      if (!namespaces.has(namespace)) continue;
      const inner = branches.get(namespace) ?? { namespace, nodes: [], children: [] };
      if (!branches.has(namespace)) branch.children.push(inner);
      branches.set(namespace, inner);
      inner.nodes.push(node);
      branch = inner;
    }
    branch.children.push(node);
  }
  return root;
}

/**
 * What a row shows of a run: of a namespace the worst state, and the time from its first start to its last end.
 * @param {GridRow} row
 * @param {Map<string, Cell> | null} cells
 * @returns {Cell | null}
 */
export function cellOf({ slugs }, cells) {
  if (!cells) return null;
  if (slugs.length === 1) return cells.get(slugs[0]) ?? null;
  const members = slugs.flatMap((slug) => cells.get(slug) ?? []);
  const state = mostSevere(members.map((member) => member.state));
  const worst = members.find((member) => member.state === state);
  if (!worst || !state) return null;
  const starts = members.flatMap(({ start }) => start ?? []).sort();
  const ends = members.flatMap(({ start, end }) => (start ? [end ?? ""] : []));
  const isOver = !ends.includes("");
  return { id: worst.id, state, start: starts[0] ?? null, end: isOver ? (ends.sort().at(-1) ?? null) : null };
}

/** @param {Cell | null} cell */
export function millisecondsOf(cell) {
  return cell?.start ? millisecondsBetween(cell.start, cell.end) : 0;
}
