// The graph as a file: a picture that stands alone, and Mermaid text.
import { stateFamily } from "../shared/states.js";

const TEXT_X = 16;
const MARGIN = 16;
/** Colours that can be printed, whatever the theme of the page. @type {Record<string, { fill: string, line: string }>} */
const LOOKS = {
  success: { fill: "#dff3e6", line: "#187a41" },
  failed: { fill: "#fce4e3", line: "#c22a2a" },
  running: { fill: "#e0ebfd", line: "#1d5fd1" },
  retrying: { fill: "#fde7d6", line: "#b04a00" },
  scheduled: { fill: "#fbeecb", line: "#8a5a00" },
  cancelled: { fill: "#eee6f8", line: "#6d4a9e" },
};
const PLAIN = { fill: "#ffffff", line: "#5d6675" };

/** @param {Drawing} drawing */
export function svgText({ layout, boxes, nodes, extent }) {
  const frames = layout.groups.map(
    ({ x, y, width, height, name }) =>
      `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="8" fill="#f1f3f6" stroke="#c5cbd5"/>` +
      `<text x="${x + 8}" y="${y + 12}" font-size="11" fill="#566070">${escaped(name)}</text>`,
  );
  const edges = layout.edges.map(({ d }) => `<path d="${d}" fill="none" stroke="#7a8494" stroke-width="1.25"/>`);
  const drawn = nodes.map((node) => {
    const { x, y, width, height } = /** @type {Rectangle} */ (boxes.get(node.id));
    const { fill, line } = lookOf(node);
    const dash = node.state && stateFamily(node.state) === "not-started" ? ' stroke-dasharray="4 3"' : "";
    return (
      `<g><title>${escaped(node.title)}</title>` +
      `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="6" fill="${fill}" stroke="${line}"${dash}/>` +
      `<text x="${x + TEXT_X}" y="${y + height / 2}">${escaped(node.prefix + node.label)}</text></g>`
    );
  });
  const size = `${-MARGIN} ${-MARGIN} ${extent.width + 2 * MARGIN} ${extent.height + 2 * MARGIN}`;
  const style = 'font-family="sans-serif" font-size="13" dominant-baseline="central"';
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="${size}" ${style}>${[...frames, ...edges, ...drawn].join("\n")}</svg>\n`;
}

/**
 * @param {Scene} scene
 * @param {Direction} direction
 */
export function mermaidText({ nodes, edges, groups }, direction) {
  const names = new Map(nodes.map(({ id }, index) => [id, `n${index}`]));
  const lines = [`flowchart ${direction}`];
  const add = (/** @type {string | null} */ group, /** @type {string} */ indent) => {
    for (const node of nodes.filter((each) => each.group === group)) lines.push(`${indent}${boxText(node, names)}`);
    for (const inner of groups.filter(({ parent }) => parent === group)) {
      lines.push(`${indent}subgraph g${groups.indexOf(inner)}["${mermaidLabel(inner.name)}"]`);
      add(inner.name, `${indent}  `);
      lines.push(`${indent}end`);
    }
  };
  add(null, "  ");
  for (const { from, to } of edges) lines.push(`  ${names.get(from)} --> ${names.get(to)}`);
  const families = new Set(nodes.flatMap(({ state }) => (state ? [stateFamily(state)] : [])));
  for (const family of families) {
    const { fill, line } = LOOKS[family] ?? PLAIN;
    lines.push(`  classDef ${family} fill:${fill},stroke:${line},color:#171a21`);
  }
  return `${lines.join("\n")}\n`;
}

/**
 * @param {SceneNode} node
 * @param {Map<string, string>} names
 */
function boxText({ id, kind, name, state }, names) {
  const label = mermaidLabel(name);
  const shape = kind === "dataset" ? `(["${label}"])` : `["${label}"]`;
  return `${names.get(id)}${shape}${state ? `:::${stateFamily(state)}` : ""}`;
}

/**
 * Mermaid takes characters that mean something to it as their numbers.
 * @param {string} text
 */
function mermaidLabel(text) {
  return text.replace(/[^\p{L}\p{N} _.,:/-]/gu, (character) => `#${character.codePointAt(0)};`);
}

/** @param {SizedNode} node */
function lookOf({ state }) {
  return (state && LOOKS[stateFamily(state)]) || PLAIN;
}

/** @param {string} text */
function escaped(text) {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
