// The server's GraphQL API.
const TOKEN = "token";
const UNAUTHENTICATED = 401;

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

/** Sends a GraphQL document with plain variables, and returns its data. */
export async function ask(document, variables = {}) {
  for (;;) {
    const token = sessionStorage.getItem(TOKEN);
    const answer = await post({ query: document, variables }, token);
    if (answer.status !== UNAUTHENTICATED) return dataOf(answer);
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
    return await fetch("/graphql", { method: "POST", headers, body: JSON.stringify(body) });
  } catch (error) {
    throw new Problem(`The server does not answer (${error.message}).`, { isAway: true });
  }
}

async function dataOf(answer) {
  const body = await answer.json().catch(() => null);
  if (!body) throw new Problem(`The server answered ${answer.status} without JSON.`, { isAway: true });
  if (body.errors?.length) throw new Problem(body.errors.map((each) => each.message).join("\n"));
  return body.data;
}

// Requests that are refused at the same time wait for the same answer.
async function newToken(refused) {
  if (sessionStorage.getItem(TOKEN) !== refused) return;
  tokenToCome ??= askForToken(refused !== null).finally(() => {
    tokenToCome = null;
  });
  sessionStorage.setItem(TOKEN, await tokenToCome);
}
