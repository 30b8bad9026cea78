// What users type for a parameter, and the value that it means.
import { ExactNumber, isNumber, parseExact, stringifyExact } from "../shared/exact-json.js";

/** @typedef {"string" | "boolean" | "number" | "list" | "mapping" | "nested" | "json" | "any" | "time"} ParameterKind */

/**
 * `value` is the default, `purpose` and `format` tell users what to type.
 * @typedef {{
 *   name: string, value: Json, isRequired?: boolean, title?: string,
 *   kind: ParameterKind, purpose?: string | null, format?: string | null,
 * }} Parameter
 */

// The option that takes what `kedro run --params` takes.
const PARAMS_OPTION = "params";
// Kinds of which a string may be typed in quotes.
const QUOTED = new Set(["any", "json"]);
/** @type {Partial<Record<ParameterKind, string>>} */
const FORMATS = {
  nested: "One name=value per line, as for kedro run --params, or JSON",
  mapping: "One name=value per line, or JSON",
  list: "Comma-separated, or JSON",
  json: "JSON",
  any: "JSON or text",
};

/**
 * Adds to parameters what to type for them. Those that are run options come first, in the order of the options.
 * @param {{ name: string, value: Json, isRequired?: boolean }[]} parameters
 * @param {RunOption[]} options
 * @returns {Parameter[]}
 */
export function describeParameters(parameters, options) {
  const places = new Map(options.map(({ name }, index) => [name, index]));
  const placeOf = (/** @type {{ name: string }} */ { name }) => places.get(name) ?? options.length;
  return [...parameters]
    .sort((a, b) => placeOf(a) - placeOf(b))
    .map((parameter) => {
      const option = options[placeOf(parameter)];
      const kind = option ? kindOfOption(option) : kindOfValue(parameter.value);
      return { ...parameter, kind, purpose: option?.help ?? null, format: FORMATS[kind] ?? null };
    });
}

/**
 * How a value is shown for editing.
 * @param {Pick<Parameter, "kind">} parameter
 * @param {Json | undefined} value
 */
export function formatValue({ kind }, value) {
  if (value === null || value === undefined) return "";
  if (kind === "list" && Array.isArray(value)) return formatList(/** @type {string[]} */ (value));
  if (typeof value !== "string") return stringifyExact(value, kind === "any" ? 0 : 2);
  return QUOTED.has(kind) && !isItself(kind, value) ? JSON.stringify(value) : value;
}

/**
 * Whether a string comes back when it is typed as it is.
 * @param {ParameterKind} kind
 * @param {string} text
 */
function isItself(kind, text) {
  try {
    return parseValue({ kind, value: null }, text) === text;
  } catch {
    return false;
  }
}

/**
 * A list as its names between commas, unless a name has commas of its own.
 * @param {string[]} names
 */
export function formatList(names) {
  const text = names.join(", ");
  return JSON.stringify(splitNames(text)) === JSON.stringify(names) ? text : JSON.stringify(names);
}

/**
 * Whether a text is parsed on the server, by the rules of `kedro run --params`.
 * @param {Pick<Parameter, "kind">} parameter
 * @param {string} text
 */
export function isForKedro({ kind }, text) {
  return kind === "nested" && text.trim() !== "" && !text.trim().startsWith("{");
}

/**
 * The value that a text means; throws an Error that says what is wrong with it.
 * @param {Pick<Parameter, "kind" | "value" | "isRequired">} parameter
 * @param {string} text
 * @returns {Json}
 */
export function parseValue({ kind, value, isRequired }, text) {
  const trimmed = text.trim();
  if (kind === "string") return text === "" && typeof value !== "string" ? null : text;
  if (trimmed !== "") return PARSERS[kind](trimmed);
  if (isRequired) throw new Error("This parameter is required.");
  return null;
}

/**
 * The names in a field that is being edited; none while it cannot be read.
 * @param {string} text
 */
export function namesIn(text) {
  try {
    return /** @type {string[]} */ (parseValue({ kind: "list", value: null }, text) ?? []);
  } catch {
    return [];
  }
}

/** @type {Record<Exclude<ParameterKind, "string">, (text: string) => Json>} */
const PARSERS = {
  number: parseNumber,
  boolean: (text) => text === "true",
  list: parseList,
  mapping: (text) => (text.startsWith("{") ? parseJson(text) : Object.fromEntries(parsePairs(text))),
  nested: parseJson,
  json: parseJson,
  any: jsonOrText,
  time: (text) => new Date(text).toISOString(),
};

/**
 * @param {RunOption} option
 * @returns {ParameterKind}
 */
function kindOfOption({ name, type }) {
  return name === PARAMS_OPTION && type === "mapping" ? "nested" : type;
}

/**
 * @param {Json | undefined} value
 * @returns {ParameterKind}
 */
function kindOfValue(value) {
  if (value === null || value === undefined) return "any";
  if (value instanceof ExactNumber) return "number";
  if (typeof value === "boolean" || typeof value === "number" || typeof value === "string") {
    return /** @type {ParameterKind} */ (typeof value);
  }
  return "json";
}

/** @param {string} text */
function parseNumber(text) {
  if (isNumber(text)) return parseExact(text);
  throw new Error(`${text} is not a number.`);
}

/**
 * @param {string} text
 * @returns {Json}
 */
function parseJson(text) {
  try {
    return parseExact(text);
  } catch (error) {
    throw new Error(`Not valid JSON: ${/** @type {Error} */ (error).message}`);
  }
}

/** @param {string} text */
function parseList(text) {
  if (!text.startsWith("[")) return splitNames(text);
  const value = parseJson(text);
  if (Array.isArray(value) && value.every((item) => typeof item === "string")) return value;
  throw new Error("This is not a list of strings.");
}

/**
 * Versions of datasets are strings, whatever they look like.
 * @param {string} text
 * @returns {[string, string][]}
 */
function parsePairs(text) {
  const lines = text.split("\n").map((line) => line.trim());
  return lines.filter(Boolean).map((line) => {
    const separator = line.search(/[=:]/);
    if (separator < 1) throw new Error(`“${line}” does not have the form name=value.`);
    return [line.slice(0, separator).trim(), line.slice(separator + 1).trim()];
  });
}

/**
 * @param {string} text
 * @returns {Json}
 */
function jsonOrText(text) {
  try {
    return parseExact(text);
  } catch {
    return text;
  }
}

/**
 * Kedro's default names of nodes have commas inside brackets: "join([a,b]) -> [c]".
 * @param {string} text
 */
function splitNames(text) {
  const names = [""];
  let depth = 0;
  for (const letter of text) {
    if ("([".includes(letter)) depth += 1;
    if (")]".includes(letter)) depth -= 1;
    if (letter === "," && depth === 0) names.push("");
    else names[names.length - 1] += letter;
  }
  return names.map((name) => name.trim()).filter(Boolean);
}
