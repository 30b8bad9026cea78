// Which box an arrow key leads to.

/** @typedef {"before" | "after" | "previous" | "next"} Move */

/** @type {Record<Direction, Record<string, Move>>} */
const MOVES = {
  TB: { ArrowUp: "before", ArrowDown: "after", ArrowLeft: "previous", ArrowRight: "next" },
  LR: { ArrowLeft: "before", ArrowRight: "after", ArrowUp: "previous", ArrowDown: "next" },
};

/**
 * Along the layers, arrow keys follow the edges; across them, they lead to the nearest box of the same layer.
 * @param {string} key
 * @param {string} id
 * @param {Pick<Drawing, "boxes" | "neighbours" | "direction">} drawing
 */
export function nextBox(key, id, { boxes, neighbours, direction }) {
  const move = MOVES[direction][key];
  const from = /** @type {Rectangle} */ (boxes.get(id));
  const across = (/** @type {Rectangle} */ box) =>
    direction === "TB" ? box.x + box.width / 2 : box.y + box.height / 2;
  const along = (/** @type {Rectangle} */ box) => (direction === "TB" ? box.y + box.height / 2 : box.x + box.width / 2);
  const sign = move === "next" ? 1 : -1;
  const isBeside = (/** @type {Rectangle} */ box) =>
    Math.abs(along(box) - along(from)) < from.height / 2 && (across(box) - across(from)) * sign > 0;
  const isNeighbour = move === "before" || move === "after";
  const connected = isNeighbour ? new Set(neighbours[move].get(id)) : new Set();
  let nearest = null;
  let distance = Infinity;
  for (const [other, box] of boxes) {
    if (isNeighbour ? !connected.has(other) : !isBeside(box)) continue;
    const otherDistance = Math.abs(across(box) - across(from));
    if (otherDistance < distance) [nearest, distance] = [other, otherDistance];
  }
  return nearest;
}
