// The frames around groups of boxes.

const PADDING = { x: 10, top: 22, bottom: 12 };

/**
 * A frame for each group around its boxes and the frames in it, and how many boxes of others lie within one.
 * Outer groups come first. A frame is as wide as the layout made the group, if that is true: one with others in it
 * would say what is not, and is left out.
 */
export function framesOf(groups, boxes) {
  const parents = new Map(groups.map(({ id, group }) => [id, group]));
  const isIn = (group, id) => Boolean(group) && (group === id || isIn(parents.get(group), id));
  const frames = [];
  for (const { id, name, group, x, width } of [...groups].reverse()) {
    const others = boxes.filter((box) => !isIn(box.group, id));
    const strangersIn = (frame) => others.filter((box) => overlap(box, frame)).length;
    const close = around([...boxes, ...frames].filter((one) => one.group === id));
    const wide = widened(close, x, width);
    frames.push({ id, name, group, ...(strangersIn(wide) ? close : wide), strangers: strangersIn(close) });
  }
  return {
    frames: frames.reverse().filter(({ strangers }) => strangers === 0),
    strangers: frames.reduce((sum, { strangers }) => sum + strangers, 0),
  };
}

function around(boxes) {
  const left = Math.min(...boxes.map(({ x }) => x)) - PADDING.x;
  const top = Math.min(...boxes.map(({ y }) => y)) - PADDING.top;
  const right = Math.max(...boxes.map(({ x, width }) => x + width)) + PADDING.x;
  const bottom = Math.max(...boxes.map(({ y, height }) => y + height)) + PADDING.bottom;
  return { x: left, y: top, width: right - left, height: bottom - top };
}

function widened(frame, x, width) {
  const left = Math.min(frame.x, x);
  return { ...frame, x: left, width: Math.max(frame.x + frame.width, x + width) - left };
}

function overlap(one, other) {
  return (
    one.x < other.x + other.width && other.x < one.x + one.width &&
    one.y < other.y + other.height && other.y < one.y + one.height
  );
}
