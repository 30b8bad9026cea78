// The line of an edge: it leaves and enters along the layers, with an arrow at its end.

const HALF_LAYER = 16;
const TURNING_ROOM = 24;
const LAYER_BETWEEN = 96; // what is farther apart has a layer between
const ARROW = { half: 3.5, length: 5 };

/** @typedef {{ across: number, along: number }} Stop A point by its places along the layers' direction and across it. */
/** @typedef {(across: number, along: number) => string} Write */

/**
 * An SVG path from one box to another by way of a layout's points, of which the first and last are on the boxes.
 * It turns only between layers: through a layer it goes straight, so that it runs into no box there.
 * @param {Point[]} points
 * @param {Rectangle} source
 * @param {Rectangle} target
 * @param {Direction} direction
 */
export function edgePath(points, source, target, direction) {
  const isDown = direction === "TB";
  const [from, to] = [centreOf(source, isDown), centreOf(target, isDown)];
  const forward = Math.sign(to.along - from.along) || 1;
  const first = { across: from.across, along: from.along + forward * from.half };
  const last = { across: to.across, along: to.along - forward * to.half };
  const isNear = Math.abs(last.along - first.along) < LAYER_BETWEEN;
  const between = isNear
    ? []
    : points.slice(1, -1).flatMap(({ x, y }) => {
        const [across, along] = isDown ? [x, y] : [y, x];
        return [-HALF_LAYER, HALF_LAYER].map((half) => ({ across, along: along + forward * half }));
      });
  const stops = [first, ...inOrder(between, first, last, forward), last];
  /** @type {Write} */
  const write = (across, along) => (isDown ? [across, along] : [along, across]).map(rounded).join(" ");
  return curve(stops, write) + arrow(last, forward, write);
}

/**
 * The stops that lie ahead of those before them, and leave room to turn at both ends.
 * @param {Stop[]} stops
 * @param {Stop} first
 * @param {Stop} last
 * @param {number} forward
 */
function inOrder(stops, first, last, forward) {
  let reached = first.along + forward * TURNING_ROOM;
  return stops.filter(({ along }) => {
    const isAhead = (along - reached) * forward >= 0 && (last.along - along) * forward >= TURNING_ROOM;
    if (isAhead) reached = along;
    return isAhead;
  });
}

/**
 * The centre of a box, and half its length along the layers' direction.
 * @param {Rectangle} box
 * @param {boolean} isDown
 */
function centreOf({ x, y, width, height }, isDown) {
  const [across, along] = [x + width / 2, y + height / 2];
  return isDown ? { across, along, half: height / 2 } : { across: along, along: across, half: width / 2 };
}

/**
 * @param {Stop[]} stops
 * @param {Write} write
 */
function curve([first, ...rest], write) {
  let path = `M${write(first.across, first.along)}`;
  let last = first;
  for (const stop of rest) {
    const middle = (last.along + stop.along) / 2;
    path += `C${write(last.across, middle)} ${write(stop.across, middle)} ${write(stop.across, stop.along)}`;
    last = stop;
  }
  return path;
}

/**
 * @param {Stop} end
 * @param {number} forward
 * @param {Write} write
 */
function arrow({ across, along }, forward, write) {
  const back = along - forward * ARROW.length;
  return `M${write(across - ARROW.half, back)}L${write(across, along)}L${write(across + ARROW.half, back)}`;
}

/** @param {number} number */
function rounded(number) {
  return Math.round(number * 10) / 10;
}
