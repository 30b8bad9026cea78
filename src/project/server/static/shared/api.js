// Requests to the server: its GraphQL API, and the documents and functions that it serves beside the page.
import { parseExact, stringifyExact } from "./exact-json.js";
import { syncServerClock } from "./format.js";

const TOKEN_KEY = "token";
const UNAUTHENTICATED = 401;
const NOT_FOUND = 404;
const METHOD_NOT_ALLOWED = 405;
// Longer than any answer takes; without it, a server that hangs would look like one with nothing new.
const QUERY_SECONDS = 20;
const MUTATION_SECONDS = 60;

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
 * Sends a GraphQL document, and returns its data. With `isExact`, numbers that JavaScript would change are
 * ExactNumbers; variables may contain them in any case.
 * @param {string} document
 * @param {object} variables
 * @returns {Promise<any>}
 */
export async function query(document, variables = {}, { isExact = false, seconds = QUERY_SECONDS } = {}) {
  const body = readJson(await post("/graphql", { query: document, variables }, seconds), isExact);
  if (body.errors?.length) throw new ApiError(messagesOf(body));
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
  return (await query(document, { input }, { seconds: MUTATION_SECONDS }))[name];
}

/**
 * The pattern of the API (`_ilike`) for all texts with a text in them.
 * @param {string} text
 */
export function containing(text) {
  return `%${text.replace(/[\\%_]/g, "\\$&")}%`;
}

/**
 * Calls a function of the server, with exact numbers in both directions; null if the server does not have it.
 * @param {string} name
 * @param {Json} value
 * @returns {Promise<any>}
 */
export async function callServer(name, value, seconds = QUERY_SECONDS) {
  const answer = await post(`/${name}.json`, value, seconds);
  if (answer.status === NOT_FOUND || answer.status === METHOD_NOT_ALLOWED) return null;
  const body = readJson(answer, true);
  if (!answer.ok) throw new ApiError(messagesOf(body));
  return body;
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
 * @param {string} path
 * @param {unknown} value
 * @param {number} seconds
 */
function post(path, value, seconds) {
  const headers = { "Content-Type": "application/json" };
  return send(path, { method: "POST", headers, body: stringifyExact(value) }, seconds);
}

/** @param {{ errors?: Error[] }} body */
function messagesOf({ errors = [] }) {
  return errors.map(({ message }) => message).join("\n");
}

/** @typedef {{ status: number, ok: boolean, text: string }} Answer */

/**
 * Sends a request with the token, and again for as long as the server refuses the token.
 * @param {string} path
 * @param {{ method?: string, headers?: Record<string, string>, body?: string }} options
 */
async function send(path, options = {}, seconds = QUERY_SECONDS) {
  for (;;) {
    const token = sessionStorage.getItem(TOKEN_KEY);
    const headers = { ...options.headers, ...(token && { Authorization: `Bearer ${token}` }) };
    const answer = await fetchOrExplain(path, { ...options, headers }, seconds);
    if (answer.status !== UNAUTHENTICATED) return answer;
    await renewToken(token);
  }
}

/**
 * The deadline is around the whole answer: a server may hang in the middle of it.
 * @param {string} path
 * @param {RequestInit} options
 * @param {number} seconds
 * @returns {Promise<Answer>}
 */
async function fetchOrExplain(path, options, seconds) {
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(), 1000 * seconds);
  try {
    const response = await fetch(path, { ...options, signal: deadline.signal });
    syncServerClock(response.headers.get("Date"));
    return { status: response.status, ok: response.ok, text: await response.text() };
  } catch (error) {
    const { message } = /** @type {Error} */ (error);
    const reason = deadline.signal.aborted ? `no answer within ${seconds} seconds` : message;
    throw new ApiError(`The server is not responding (${reason}).`, { isUnreachable: true });
  } finally {
    clearTimeout(timer);
  }
}

/** @param {Answer} answer */
function readJson({ status, text }, isExact = false) {
  const body = (isExact ? null : parseJson(JSON.parse, text)) ?? parseJson(parseExact, text);
  if (!body) throw new ApiError(`Unexpected response from the server (status ${status}).`, { isUnreachable: true });
  return body;
}

/**
 * @param {(text: string) => any} parse
 * @param {string} text
 */
function parseJson(parse, text) {
  try {
    return parse(text);
  } catch {
    return null;
  }
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
