// Lines of a log as rows of one height: one for each line of a message, each new day, and what is wrapped.

/** @typedef {{ key: string, kind: "day" | "first" | "more", line: LogLine, text: string }} LogRow */

/**
 * @param {LogLine[]} lines
 * @param {number} columns How many letters fit into a row.
 * @returns {LogRow[]}
 */
export function rowsOf(lines, columns) {
  /** @type {LogRow[]} */
  const rows = [];
  let lastDay = "";
  for (const line of lines) {
    const day = new Date(line.timestamp).toDateString();
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
