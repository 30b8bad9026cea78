// Requests to the server: its GraphQL API, and the documents that it serves beside the page.
import { syncServerClock } from "./format.js";

const TOKEN_KEY = "token";
const UNAUTHENTICATED = 401;
const NOT_FOUND = 404;
// Python writes NaN and Infinity, which JSON does not have. Strings are matched so that they stay as they are.
const STRINGS_AND_NON_NUMBERS = /"(?:[^"\\]|\\.)*"|-?Infinity|NaN/g;

/** An error whose message is for the reader; `isUnreachable` when no usable answer came at all. */
export class ApiError extends Error {
  /** @param {string} message */
  constructor(message, { isUnreachable = false } = {}) {
    super(message);
    this.name = "ApiError";
    this.isUnreachable = isUnreachable;
  }
}

/** @type {(isWrong: boolean) => Promise<string>} */
let promptForToken = async () => {
  throw new ApiError("The server requires a token.");
};
/** @type {Promise<string> | null} */
let pendingToken = null;

/**
 * Sets what asks the user for a token when the server requires one; `isWrong`: the last one was refused.
 * @param {(isWrong: boolean) => Promise<string>} prompt
 */
export function onTokenRequired(prompt) {
  promptForToken = prompt;
}

/**
 * Sends a GraphQL document, and returns its data. With `isExact`, numbers that JavaScript would change
 * (1.0, or more than 16 digits) can be sent again as they came.
 * @param {string} document
 * @param {object} variables
 * @returns {Promise<any>}
 */
export async function query(document, variables = {}, { isExact = false } = {}) {
  const response = await send("/graphql", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ query: document, variables }),
  });
  const body = await readJson(response, isExact ? keepExactNumber : undefined);
  if (body.errors?.length) {
    throw new ApiError(body.errors.map((/** @type {Error} */ error) => error.message).join("\n"));
  }
  return body.data;
}

/**
 * Runs one mutation, and returns its payload.
 * @param {string} name
 * @param {object} input
 * @returns {Promise<any>}
 */
export async function mutate(name, input, fields = "success") {
  const document = `mutation($input: ${name}_input!) { ${name}(input: $input) { ${fields} } }`;
  return (await query(document, { input }))[name];
}

/**
 * Returns a JSON document of the server; null if there is none at this path.
 * @param {string} path
 * @returns {Promise<any>}
 */
export async function fetchDocument(path) {
  const response = await send(path);
  return response.status === NOT_FOUND ? null : readJson(response);
}

/**
 * Sends a request with the token, and again for as long as the server refuses the token.
 * @param {string} path
 * @param {{ method?: string, headers?: Record<string, string>, body?: string }} options
 */
async function send(path, options = {}) {
  for (;;) {
    const token = sessionStorage.getItem(TOKEN_KEY);
    const headers = { ...options.headers, ...(token && { Authorization: `Bearer ${token}` }) };
    const response = await fetchOrExplain(path, { ...options, headers });
    if (response.status !== UNAUTHENTICATED) return response;
    await renewToken(token);
  }
}

/**
 * @param {string} path
 * @param {RequestInit} options
 */
async function fetchOrExplain(path, options) {
  try {
    const response = await fetch(path, options);
    syncServerClock(response.headers.get("Date"));
    return response;
  } catch (error) {
    const reason = /** @type {Error} */ (error).message;
    throw new ApiError(`The server is not responding (${reason}).`, { isUnreachable: true });
  }
}

/**
 * @param {Response} response
 * @param {typeof keepExactNumber} [reviver]
 */
async function readJson(response, reviver) {
  const text = await response.text().catch(() => "");
  const body = parseJson(text, reviver) ?? parseJson(quoteNonNumbers(text), reviver);
  if (!body)
    throw new ApiError(`Unexpected response from the server (status ${response.status}).`, { isUnreachable: true });
  return body;
}

/**
 * @param {string} text
 * @param {typeof keepExactNumber} [reviver]
 */
function parseJson(text, reviver) {
  try {
    return JSON.parse(text, reviver);
  } catch {
    return null;
  }
}

/** @param {string} text */
function quoteNonNumbers(text) {
  return text.replace(STRINGS_AND_NON_NUMBERS, (match) => (match.startsWith('"') ? match : `"${match}"`));
}

/**
 * @param {string} _key
 * @param {any} value
 * @param {{ source?: string }} [context]
 */
function keepExactNumber(_key, value, { source } = {}) {
  const isChanged = typeof value === "number" && source && String(value) !== source;
  const { rawJSON } = /** @type {{ rawJSON?: (source: string) => unknown }} */ (JSON); // not in older browsers
  return isChanged && rawJSON ? rawJSON(source) : value;
}

/**
 * Requests that are refused at the same time wait for the same prompt.
 * @param {string | null} refused
 */
async function renewToken(refused) {
  if (sessionStorage.getItem(TOKEN_KEY) !== refused) return;
  pendingToken ??= promptForToken(refused !== null).finally(() => {
    pendingToken = null;
  });
  sessionStorage.setItem(TOKEN_KEY, await pendingToken);
}
