// JSON with its numbers as they are written: JavaScript would make 1.0 a 1, and change what has more than 16 digits.

// Strings are matched so that what looks like a number in them stays.
const STRINGS_AND_NUMBERS = /"(?:[^"\\]|\\.)*"|-?(?:\d[\d.eE+-]*|Infinity)|NaN/g;

const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
const NOT_IN_JSON = new Set(["NaN", "Infinity", "-Infinity"]);

/** A number that JavaScript would change, or that JSON does not have, as it is written. */
export class ExactNumber {
  /** @param {string} text */
  constructor(text) {
    this.text = text;
  }

  toString() {
    return this.text;
  }

  toJSON() {
    return this.text;
  }
}

/**
 * The value of a JSON text, with an ExactNumber for each number that JavaScript would change. Python writes NaN and
 * Infinity, which become one, too.
 * @param {string} text
 */
export function parseExact(text) {
  const mark = newMark();
  const marked = text.replace(STRINGS_AND_NUMBERS, (token) => {
    const isChanged = isNumber(token) ? String(Number(token)) !== token : NOT_IN_JSON.has(token);
    return isChanged ? `{"${mark}":"${token}"}` : token;
  });
  return JSON.parse(marked, (_key, value) => (value?.[mark] ? new ExactNumber(value[mark]) : value));
}

/**
 * The JSON text of a value, with its ExactNumbers as they are written.
 * @param {unknown} value
 * @returns {string}
 */
export function stringifyExact(value, indent = 0) {
  const mark = newMark();
  /** @this {any} */
  function markExact(/** @type {string} */ key, /** @type {unknown} */ part) {
    return this[key] instanceof ExactNumber ? mark + part : part;
  }
  const text = JSON.stringify(value, markExact, indent);
  return text.replaceAll(new RegExp(`"${mark}([^"]*)"`, "g"), "$1");
}

/**
 * Whether a text is a number in JSON.
 * @param {string} text
 */
export function isNumber(text) {
  return NUMBER.test(text);
}

/** A string that no other string contains. */
function newMark() {
  return `exact-${Math.random().toString(36).slice(2)}-`;
}
