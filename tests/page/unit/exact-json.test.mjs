// JSON keeps its numbers as they are written.
import assert from "node:assert/strict";
import test from "node:test";
import { ExactNumber, parseExact, stringifyExact } from "../../../src/project/server/static/shared/exact-json.js";

test("a text that is parsed and written again is the same", () => {
  for (const text of [
    "12345678901234567890",
    "[1.0,-0.0,1e3,1E+5,0.1,5,-7]",
    '{"a":{"b":[NaN,Infinity,-Infinity]},"c":"NaN 1.0"}',
    '"1.0"',
    '"\\"1.0\\\\"',
    "[true,false,null]",
  ]) {
    assert.equal(stringifyExact(parseExact(text)), text);
  }
});

test("only what JavaScript would change becomes an exact number", () => {
  const value = parseExact('{"plain":[1,0.5],"exact":1.0}');

  assert.deepEqual(value.plain, [1, 0.5]);
  assert.deepEqual(value.exact, new ExactNumber("1.0"));
});

test("what is not JSON is refused", () => {
  for (const text of ["{", "007", "flag", "1.", "[1.2.3]"]) assert.throws(() => parseExact(text), SyntaxError);
});

test("an exact number is shown as it is written", () => {
  assert.equal(`${new ExactNumber("1.0")}`, "1.0");
  assert.equal(stringifyExact({ a: new ExactNumber("1.0") }, 2), '{\n  "a": 1.0\n}');
});
