// The frames around the boxes of open namespaces.

const PADDING = { x: 10, top: 22, bottom: 12 };

/** @typedef {Rectangle & { group: string | null }} GroupedBox */

/**
 * A frame for each group around its boxes and the frames in it, and how many boxes of others lie in one. Outer groups
 * come first. A frame is as wide as the layout made the group, unless others are in it then. A frame that others are in
 * all the same would show something wrong, and is left out.
 * @param {(LayoutGroup & Rectangle)[]} groups
 * @param {GroupedBox[]} boxes
 * @returns {{ frames: Frame[], strangers: number }}
 */
export function framesOf(groups, boxes) {
  const parents = new Map(groups.map(({ id, group }) => [id, group]));
  /** @type {(group: string | null | undefined, id: string) => boolean} */
  const isWithin = (group, id) => Boolean(group) && (group === id || isWithin(parents.get(group ?? ""), id));
  /** @type {(Frame & { strangers: number })[]} */
  const frames = [];
  for (const { id, name, group, x, width } of [...groups].reverse()) {
    const others = boxes.filter((box) => !isWithin(box.group, id));
    const countOthers = (/** @type {Rectangle} */ frame) => others.filter((box) => overlap(box, frame)).length;
    const tight = frameAround([...boxes, ...frames].filter((box) => box.group === id));
    const wide = widened(tight, x, width);
    frames.push({ id, name, group, ...(countOthers(wide) ? tight : wide), strangers: countOthers(tight) });
  }
  return {
    frames: frames.reverse().filter(({ strangers }) => strangers === 0),
    strangers: frames.reduce((sum, { strangers }) => sum + strangers, 0),
  };
}

/**
 * @param {Rectangle[]} boxes
 * @returns {Rectangle}
 */
function frameAround(boxes) {
  const left = Math.min(...boxes.map(({ x }) => x)) - PADDING.x;
  const top = Math.min(...boxes.map(({ y }) => y)) - PADDING.top;
  const right = Math.max(...boxes.map(({ x, width }) => x + width)) + PADDING.x;
  const bottom = Math.max(...boxes.map(({ y, height }) => y + height)) + PADDING.bottom;
  return { x: left, y: top, width: right - left, height: bottom - top };
}

/**
 * @param {Rectangle} frame
 * @param {number} x
 * @param {number} width
 */
function widened(frame, x, width) {
  const left = Math.min(frame.x, x);
  return { ...frame, x: left, width: Math.max(frame.x + frame.width, x + width) - left };
}

/**
 * @param {Rectangle} a
 * @param {Rectangle} b
 */
function overlap(a, b) {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}
