// The server's GraphQL API.
import { learnPresent } from "./format.js";

const TOKEN = "token";
const UNAUTHENTICATED = 401;
// Python writes numbers that JSON does not have; strings are matched so as to be left alone.
const STRINGS_AND_NO_NUMBERS = /"(?:[^"\\]|\\.)*"|-?Infinity|NaN/g;

/** An error whose message is for the reader; `isAway` when no answer came at all. */
export class Problem extends Error {
  constructor(message, { isAway = false } = {}) {
    super(message);
    this.name = "Problem";
    this.isAway = isAway;
  }
}

let askForToken = async () => {
  throw new Problem("The server wants a token.");
};
let tokenToCome = null;

/** Sets who asks for the token when the server wants one: (isWrong) => Promise<token>. */
export function onTokenWanted(ask) {
  askForToken = ask;
}

/**
 * Sends a GraphQL document with plain variables, and returns its data. With `isExact`, numbers that
 * JavaScript would change (1.0, or more than 16 digits) can be sent again as they came.
 */
export async function ask(document, variables = {}, { isExact = false } = {}) {
  for (;;) {
    const token = sessionStorage.getItem(TOKEN);
    const answer = await post({ query: document, variables }, token);
    if (answer.status !== UNAUTHENTICATED) return dataOf(answer, isExact ? exact : undefined);
    await newToken(token);
  }
}

/** Runs one mutation, and returns its payload. */
export async function change(name, input, fields = "success") {
  const document = `mutation($input: ${name}_input!) { ${name}(input: $input) { ${fields} } }`;
  return (await ask(document, { input }))[name];
}

async function post(body, token) {
  const headers = { "Content-Type": "application/json" };
  if (token) headers.Authorization = `Bearer ${token}`;
  try {
    const answer = await fetch("/graphql", { method: "POST", headers, body: JSON.stringify(body) });
    learnPresent(answer.headers.get("Date"));
    return answer;
  } catch (error) {
    throw new Problem(`The server does not answer (${error.message}).`, { isAway: true });
  }
}

async function dataOf(answer, reviver) {
  const text = await answer.text().catch(() => "");
  const body = parsed(text, reviver) ?? parsed(numbered(text), reviver);
  if (!body) throw new Problem(`The server answered ${answer.status} without JSON.`, { isAway: true });
  if (body.errors?.length) throw new Problem(body.errors.map((each) => each.message).join("\n"));
  return body.data;
}

function parsed(text, reviver) {
  try {
    return JSON.parse(text, reviver);
  } catch {
    return null;
  }
}

function numbered(text) {
  return text.replace(STRINGS_AND_NO_NUMBERS, (found) => (found.startsWith('"') ? found : `"${found}"`));
}

function exact(key, value, { source } = {}) {
  const isChanged = typeof value === "number" && source && String(value) !== source;
  return isChanged && JSON.rawJSON ? JSON.rawJSON(source) : value;
}

// Requests that are refused at the same time wait for the same answer.
async function newToken(refused) {
  if (sessionStorage.getItem(TOKEN) !== refused) return;
  tokenToCome ??= askForToken(refused !== null).finally(() => {
    tokenToCome = null;
  });
  sessionStorage.setItem(TOKEN, await tokenToCome);
}
