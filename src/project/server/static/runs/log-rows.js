// Lines of a log as rows of one height: one for each line of a message, each new day, and what is wrapped.

/** @typedef {{ key: string, kind: "day" | "first" | "more", line: LogLine, text: string }} LogRow */

/** @typedef {{ lines: LogLine[], columns: number, rows: LogRow[] }} LogLayout */

/**
 * The rows of some lines; where lines were only added at the end, those before them stay as they are.
 * @param {LogLayout | null} previous
 * @param {LogLine[]} lines In their order.
 * @param {number} columns How many letters fit into a row.
 * @returns {LogLayout}
 */
export function layOut(previous, lines, columns) {
  const count = previous?.lines.length ?? 0;
  const [first, last] = [previous?.lines[0], previous?.lines[count - 1]];
  const hasOnlyMore = last && previous?.columns === columns && lines[0] === first && lines[count - 1] === last;
  if (!hasOnlyMore) return { lines, columns, rows: rowsOf(lines, columns) };
  const added = rowsOf(lines.slice(count), columns, dayOf(last));
  return { lines, columns, rows: [...previous.rows, ...added] };
}

/**
 * @param {LogLine[]} lines
 * @param {number} columns
 * @param {string} dayBefore The day of the line before them.
 * @returns {LogRow[]}
 */
export function rowsOf(lines, columns, dayBefore = "") {
  /** @type {LogRow[]} */
  const rows = [];
  let lastDay = dayBefore;
  for (const line of lines) {
    const day = dayOf(line);
    if (day !== lastDay) rows.push({ key: `${line.id}/day`, kind: "day", line, text: "" });
    lastDay = day;
    const texts = (line.message ?? "").replace(/\n+$/, "").split("\n");
    texts
      .flatMap((text) => wrapped(text, columns))
      .forEach((text, index) => {
        rows.push({ key: `${line.id}/${index}`, kind: index ? "more" : "first", line, text });
      });
  }
  return rows;
}

/** @param {LogLine} line */
function dayOf({ timestamp }) {
  return new Date(timestamp).toDateString();
}

/**
 * @param {string} text
 * @param {number} columns
 */
function wrapped(text, columns) {
  if (text.length <= columns) return [text];
  return Array.from({ length: Math.ceil(text.length / columns) }, (_, index) =>
    text.slice(index * columns, (index + 1) * columns),
  );
}
