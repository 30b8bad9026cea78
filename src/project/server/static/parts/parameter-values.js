// What people type for a parameter, and the value that it means.

const KEDRO = {
  params: ["params", "Values that replace the project's parameters"],
  env: ["text", "Configuration environment, as in conf/<env>"],
  nodes: ["list", "Only these nodes"],
  tags: ["list", "Only nodes with one of these tags"],
  namespaces: ["list", "Only nodes in one of these namespaces"],
  from_nodes: ["list", "These nodes and what comes after them"],
  to_nodes: ["list", "These nodes and what comes before them"],
  from_inputs: ["list", "What needs one of these datasets"],
  to_outputs: ["list", "What these datasets need"],
  load_versions: ["mapping", "Versions to load: dataset=version"],
  only_missing_outputs: ["boolean", "Only nodes whose outputs are not all there, and what they need"],
  is_async: ["boolean", "Load and save datasets with threads"],
};
const FORMS = {
  params: "Lines of name=value, or JSON",
  mapping: "Lines of name=value, or JSON",
  list: "Separated by commas, or JSON",
  json: "JSON",
  any: "JSON, or text",
};

/** Adds `kind`, `purpose` and `form` to parameters [{name, value, isRequired}]; Kedro's come in an order of use. */
export function described(parameters) {
  if (!isKedro(parameters)) return parameters.map((each) => withKind(each, kindOf(each.value), null));
  const order = Object.keys(KEDRO);
  const place = ({ name }) => (order.includes(name) ? order.indexOf(name) : order.length);
  return [...parameters].sort((a, b) => place(a) - place(b))
    .map((each) => withKind(each, ...(KEDRO[each.name] ?? [kindOf(each.value), null])));
}

/** Whether a flow takes what `kedro run` takes. */
export function isKedro(parameters) {
  const names = new Set(parameters.map(({ name }) => name));
  return Object.keys(KEDRO).every((name) => names.has(name));
}

/** How a value is shown for editing. */
export function textOf({ kind }, value) {
  if (value === null || value === undefined) return "";
  if (kind === "list" && Array.isArray(value)) return listText(value);
  return typeof value === "string" ? value : JSON.stringify(value, null, kind === "any" ? 0 : 2);
}

/** A list as its names between commas, unless a name has commas of its own. */
export function listText(names) {
  const text = names.join(", ");
  return JSON.stringify(split(text)) === JSON.stringify(names) ? text : JSON.stringify(names);
}

/** The value that a text means; throws an Error that says what is wrong with it. */
export function valueOf(parameter, text) {
  const bare = text.trim();
  if (parameter.kind === "text") return text === "" && typeof parameter.value !== "string" ? null : text;
  if (bare !== "") return READERS[parameter.kind](bare);
  if (parameter.isRequired) throw new Error("This must be given.");
  return null;
}

const READERS = {
  number: readNumber,
  boolean: (text) => text === "true",
  list: readList,
  params: (text) => (text.startsWith("{") ? readMapping(text) : nested(readPairs(text))),
  mapping: (text) => (text.startsWith("{") ? readMapping(text) : Object.fromEntries(readPairs(text))),
  json: readJson,
  any: valueOrText,
};

function withKind(parameter, kind, purpose) {
  return { ...parameter, kind, purpose, form: FORMS[kind] ?? null };
}

function kindOf(value) {
  if (value === null || value === undefined) return "any";
  return { boolean: "boolean", number: "number", string: "text" }[typeof value] ?? "json";
}

function readNumber(text) {
  if (Number.isFinite(Number(text))) return Number(text);
  throw new Error(`${text} is not a number.`);
}

function readJson(text) {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`This is not JSON: ${error.message}`);
  }
}

function readList(text) {
  if (!text.startsWith("[")) return split(text);
  const value = readJson(text);
  if (Array.isArray(value) && value.every((each) => typeof each === "string")) return value;
  throw new Error("This is not a list of texts.");
}

function readMapping(text) {
  return readJson(text);
}

function readPairs(text) {
  return text.split("\n").map((line) => line.trim()).filter(Boolean).map((line) => {
    const place = line.search(/[=:]/);
    if (place < 1) throw new Error(`“${line}” is not name=value.`);
    return [line.slice(0, place).trim(), valueOrText(line.slice(place + 1).trim())];
  });
}

/** Names with dots are places inside, as for `kedro run --params`. */
function nested(pairs) {
  const tree = {};
  for (const [name, value] of pairs) {
    const path = name.split(".");
    const last = path.pop();
    let place = tree;
    for (const step of path) place = place[step] = isPlain(place[step]) ? place[step] : {};
    place[last] = value;
  }
  return tree;
}

function isPlain(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function valueOrText(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

// Kedro's own names of nodes have commas inside brackets: "join([a,b]) -> [c]".
function split(text) {
  const names = [];
  let name = "";
  let depth = 0;
  for (const letter of text) {
    if ("([".includes(letter)) depth += 1;
    if (")]".includes(letter)) depth -= 1;
    if (letter === "," && depth === 0) {
      names.push(name);
      name = "";
    } else name += letter;
  }
  return [...names, name].map((each) => each.trim()).filter(Boolean);
}
