// The answers of a server that is not there.

/** Answers with these data one after another, and returns the variables of the requests. */
export function answerWith(...answers) {
  const variables = [];
  globalThis.fetch = async (_path, { body }) => {
    variables.push(JSON.parse(body).variables);
    return new Response(JSON.stringify({ data: answers.shift() }));
  };
  return variables;
}
