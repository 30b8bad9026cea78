// One more parameter among those that are typed for a run.
import { ExactNumber, stringifyExact } from "../shared/exact-json.js";
import { readValue } from "./read-value.js";

/** @import { Parameter } from "./parameter-values.js" */

/** @type {Parameter} */
const PARAMS = { name: "params", kind: "nested", value: null };

/**
 * What is typed for `params`, with one more value: as a line if Kedro reads that value from it, otherwise all as JSON.
 * The string "5" is such a value, and so is a list. Fails with an error for the user if what is typed means nothing.
 * @param {string} text
 * @param {string} name
 * @param {Json} value
 */
export async function addParameter(text, name, value) {
  const trimmed = text.trim();
  const line = `${name}=${typeof value === "string" ? value : stringifyExact(value)}`;
  if (!trimmed.startsWith("{") && (await isRead(line, name, value))) return trimmed ? `${trimmed}\n${line}` : line;
  return stringifyExact(withValue(await readValue(PARAMS, text), name.split("."), value), 2);
}

/**
 * @param {string} line
 * @param {string} name
 * @param {Json} value
 */
async function isRead(line, name, value) {
  const wanted = stringifyExact(withValue({}, name.split("."), value));
  return readValue(PARAMS, line).then(
    (read) => stringifyExact(read) === wanted,
    () => false,
  );
}

/**
 * @param {Json | undefined} tree
 * @param {string[]} path
 * @param {Json} value
 * @returns {Json}
 */
function withValue(tree, [name, ...path], value) {
  if (name === undefined) return value;
  const isBranch = tree && typeof tree === "object" && !Array.isArray(tree) && !(tree instanceof ExactNumber);
  const branch = /** @type {JsonObject} */ (isBranch ? tree : {});
  return { ...branch, [name]: withValue(branch[name], path, value) };
}
