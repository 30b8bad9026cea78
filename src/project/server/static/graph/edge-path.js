// The line of an edge: it leaves and enters along the layers, with an arrow at its end.

const HALF_A_LAYER = 16;
const ROOM_TO_TURN = 24;
const WITH_A_LAYER_BETWEEN = 96;
const ARROW = { half: 3.5, length: 5 };

/**
 * An SVG path from one box to another by way of a layout's points, the first and last of which are on the boxes.
 * It turns only between layers: through a layer it goes straight, so that it runs into no box there.
 */
export function edgePath(points, source, target, direction) {
  const isDown = direction === "TB";
  const [from, to] = [source, target].map((box) => centred(box, isDown));
  const forward = Math.sign(to.along - from.along) || 1;
  const first = { across: from.across, along: from.along + forward * from.half };
  const last = { across: to.across, along: to.along - forward * to.half };
  const isNear = Math.abs(last.along - first.along) < WITH_A_LAYER_BETWEEN;
  const between = isNear ? [] : points.slice(1, -1).flatMap(({ x, y }) =>
    through(isDown ? { across: x, along: y } : { across: y, along: x }, forward));
  const stops = [first, ...inOrder(between, first, last, forward), last];
  const write = (across, along) => (isDown ? [across, along] : [along, across]).map(rounded).join(" ");
  return curve(stops, write) + arrow(last, forward, write);
}

/** The stops that lie ahead of those before them, and leave room to turn at both ends. */
function inOrder(stops, first, last, forward) {
  let reached = first.along + forward * ROOM_TO_TURN;
  return stops.filter(({ along }) => {
    const isAhead = (along - reached) * forward >= 0 && (last.along - along) * forward >= ROOM_TO_TURN;
    if (isAhead) reached = along;
    return isAhead;
  });
}

function through({ across, along }, forward) {
  return [-HALF_A_LAYER, HALF_A_LAYER].map((half) => ({ across, along: along + forward * half }));
}

function centred({ x, y, width, height }, isDown) {
  const [across, along] = [x + width / 2, y + height / 2];
  return isDown ? { across, along, half: height / 2 } : { across: along, along: across, half: width / 2 };
}

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

function arrow({ across, along }, forward, write) {
  const back = along - forward * ARROW.length;
  return `M${write(across - ARROW.half, back)}L${write(across, along)}L${write(across + ARROW.half, back)}`;
}

function rounded(number) {
  return Math.round(number * 10) / 10;
}
