// Who comes before and after whom, and which box lies next to which.

/** What leads to each node, and where each leads, as lists of ids. */
export function neighboursOf(edges) {
  const before = new Map();
  const after = new Map();
  for (const { from, to } of edges) {
    add(before, to, from);
    add(after, from, to);
  }
  return { before, after };
}

/** The given ids and all that can be reached from them. */
export function reach(ids, next) {
  const found = new Set(ids);
  for (const id of found) for (const other of next.get(id) ?? []) found.add(other);
  return found;
}

/** The id that an arrow key leads to: along edges with the layers, to the nearest in the same layer across them. */
export function step(key, id, { boxes, neighbours, direction }) {
  const move = MOVES[direction][key];
  if (move === "before" || move === "after") return nearest(id, neighbours[move].get(id) ?? [], boxes, across(direction));
  const sign = move === "next" ? 1 : -1;
  const row = [...boxes.keys()].filter((other) => inSameLayer(boxes, id, other, direction, sign));
  return nearest(id, row, boxes, across(direction));
}

const MOVES = {
  TB: { ArrowUp: "before", ArrowDown: "after", ArrowLeft: "previous", ArrowRight: "next" },
  LR: { ArrowLeft: "before", ArrowRight: "after", ArrowUp: "previous", ArrowDown: "next" },
};

function across(direction) {
  return direction === "TB" ? (box) => box.x + box.width / 2 : (box) => box.y + box.height / 2;
}

function along(direction) {
  return across(direction === "TB" ? "LR" : "TB");
}

function inSameLayer(boxes, id, other, direction, sign) {
  const [from, to] = [boxes.get(id), boxes.get(other)];
  const isLevel = Math.abs(along(direction)(from) - along(direction)(to)) < from.height / 2;
  return isLevel && (across(direction)(to) - across(direction)(from)) * sign > 0;
}

function nearest(id, others, boxes, place) {
  const far = (other) => Math.abs(place(boxes.get(other)) - place(boxes.get(id)));
  return others.reduce((best, other) => (best === null || far(other) < far(best) ? other : best), null);
}

function add(lists, key, value) {
  if (lists.has(key)) lists.get(key).push(value);
  else lists.set(key, [value]);
}
