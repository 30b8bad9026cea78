// The whole graph, small, in a corner of its window: where one is, and a way to elsewhere.
import { stateFamily } from "../shared/states.js";
import { html, useEffect, useMemo, useRef } from "../vendor/html.js";

const MAX_SIZE = { width: 170, height: 120 };

/** @param {{ drawing: Drawing, viewport: Viewport }} props */
export function Minimap({ drawing, viewport }) {
  const { extent, boxes, nodes } = drawing;
  /** @type {Ref<SVGSVGElement>} */
  const map = useRef();
  /** @type {Ref<SVGRectElement>} */
  const frame = useRef();
  const paths = useMemo(() => pathsOf(nodes, boxes), [nodes, boxes]);
  useEffect(
    () =>
      viewport.watch(({ x, y, scale, width, height }) => {
        const seen = { x: -x / scale, y: -y / scale, width: width / scale, height: height / scale };
        for (const [name, value] of Object.entries(seen)) frame.current.setAttribute(name, String(value));
        const isAllSeen =
          seen.x <= 0 && seen.y <= 0 && seen.width + seen.x >= extent.width && seen.height + seen.y >= extent.height;
        map.current.style.visibility = isAllSeen ? "hidden" : "visible";
      }),
    [drawing.layout],
  );
  const shrink = Math.min(MAX_SIZE.width / extent.width, MAX_SIZE.height / extent.height);
  const size = { width: extent.width * shrink, height: extent.height * shrink };
  const move = (/** @type {PointerEvent & { currentTarget: SVGSVGElement }} */ event) => {
    if (!event.buttons) return;
    event.stopPropagation();
    const { left, top } = event.currentTarget.getBoundingClientRect();
    viewport.centre({ x: (event.clientX - left) / shrink, y: (event.clientY - top) / shrink, width: 0, height: 0 });
  };
  // For the pointer only: the keyboard moves in the graph itself.
  return html`<svg class="graph-map" ref=${map} aria-hidden="true" style=${{ width: size.width, height: size.height }}
    viewBox="0 0 ${extent.width} ${extent.height}" onPointerDown=${move} onPointerMove=${move}>
    ${paths.map(([family, d]) => html`<path key=${family} data-family=${family} d=${d} />`)}
    <rect class="graph-map-frame" ref=${frame} stroke-width=${2 / shrink} />
  </svg>`;
}

/**
 * One path for all boxes of a family: a graph has thousands.
 * @param {SizedNode[]} nodes
 * @param {Map<string, Rectangle>} boxes
 * @returns {[string, string][]}
 */
function pathsOf(nodes, boxes) {
  const families = Map.groupBy(nodes, ({ state }) => (state ? stateFamily(state) : "none"));
  return [...families].map(([family, members]) => [
    family,
    members.map(({ id }) => rectangle(/** @type {Rectangle} */ (boxes.get(id)))).join(""),
  ]);
}

/** @param {Rectangle} box */
function rectangle({ x, y, width, height }) {
  return `M${x} ${y}h${width}v${height}h${-width}z`;
}
