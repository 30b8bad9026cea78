// What is typed for a parameter, and the value that it means.
import assert from "node:assert/strict";
import test from "node:test";
import {
  describeParameters,
  formatList,
  formatValue,
  isForKedro,
  parseValue,
} from "../../../src/project/server/static/flows/parameter-values.js";
import { stringifyExact } from "../../../src/project/server/static/shared/exact-json.js";

const OPTIONS = [
  { name: "params", type: "mapping", help: "Values that replace parameters" },
  { name: "env", type: "string", help: "Configuration environment" },
  { name: "nodes", type: "list", help: "Only these nodes" },
  { name: "load_versions", type: "mapping", help: "Versions to load" },
  { name: "is_async", type: "boolean", help: "Load and save with threads" },
];
const parse = (kind, text, more = {}) => parseValue({ kind, value: null, ...more }, text);

test("run options come first, in their order, with their help", () => {
  const parameters = [
    { name: "extra", value: 1 },
    { name: "nodes", value: null },
    { name: "params", value: null },
  ];

  const described = describeParameters(parameters, OPTIONS);

  assert.deepEqual(
    described.map(({ name, kind, purpose }) => [name, kind, purpose]),
    [
      ["params", "nested", "Values that replace parameters"],
      ["nodes", "list", "Only these nodes"],
      ["extra", "number", null],
    ],
  );
});

test("without run options the kind of a parameter is that of its default", () => {
  const values = { text: "abc", number: 0.5, flag: false, nothing: null, items: ["a"], pairs: { a: 1 } };
  const parameters = Object.entries(values).map(([name, value]) => ({ name, value }));

  const kinds = describeParameters(parameters, []).map(({ kind }) => kind);

  assert.deepEqual(kinds, ["string", "number", "boolean", "any", "json", "json"]);
});

test("a value is formatted so that it can be parsed again", () => {
  const values = [
    ["list", ["a", "join([b,c]) -> [d]"]],
    ["list", ["a, b", "c"]],
    ["nested", { a: { b: 1 } }],
    ["mapping", { "raw.flights": "2024" }],
    ["json", [1, { a: null }]],
    ["any", 5],
    ["any", "text"],
    ["number", 1.5],
    ["boolean", true],
    ["string", " as it is "],
  ];

  for (const [kind, value] of values) assert.deepEqual(parse(kind, formatValue({ kind }, value)), value);
});

test("a string that would not come back as itself is quoted", () => {
  const strings = ["5", "1.10", "true", "null", "[1]", '{"a": 1}', '"quoted"', " spaces ", ""];

  for (const kind of ["any", "json"]) {
    for (const value of [...strings, "text"]) assert.equal(parse(kind, formatValue({ kind }, value)), value);
  }
  assert.equal(formatValue({ kind: "any" }, "5"), '"5"');
  assert.equal(formatValue({ kind: "any" }, "1.2.3"), "1.2.3");
});

test("the versions of datasets are strings, and dots belong to the names of datasets", () => {
  assert.deepEqual(parse("mapping", "raw.flights=2024-01-01T00.00.00.000Z\nb=1"), {
    "raw.flights": "2024-01-01T00.00.00.000Z",
    b: "1",
  });
});

test("pairs in params are left to the server, JSON is not", () => {
  assert.equal(isForKedro({ kind: "nested" }, "depth=3"), true);
  assert.equal(isForKedro({ kind: "nested" }, ' {"depth": 3}'), false);
  assert.equal(isForKedro({ kind: "mapping" }, "depth=3"), false);
});

test("numbers are sent as they are typed", () => {
  for (const [kind, text] of [
    ["number", "12345678901234567890"],
    ["number", "1.0"],
    ["number", "1e3"],
    ["any", "1.0"],
    ["json", '{"a":[1.0,1e3]}'],
    ["nested", '{"a":-0.50}'],
  ]) {
    assert.equal(stringifyExact(parse(kind, text)), text);
  }
  assert.equal(parse("any", "007"), "007");
});

test("commas inside brackets do not split a list", () => {
  assert.deepEqual(parse("list", "join([a,b]) -> [c], model.fit,"), ["join([a,b]) -> [c]", "model.fit"]);
  assert.equal(formatList(["a", "b"]), "a, b");
});

test("an empty field is null, except for a text whose default is a text", () => {
  assert.equal(parse("list", " "), null);
  assert.equal(parse("string", ""), null);
  assert.equal(parse("string", "", { value: "abc" }), "");
});

test("what cannot be read is refused with the reason", () => {
  const refusals = [
    ["number", "a lot", /^a lot is not a number\.$/],
    ["json", "{", /^Not valid JSON: /],
    ["list", "[1]", /^This is not a list of strings\.$/],
    ["number", "007", /^007 is not a number\.$/],
    ["mapping", "depth", /^“depth” does not have the form name=value\.$/],
  ];

  for (const [kind, text, message] of refusals) assert.throws(() => parse(kind, text), { message });
  assert.throws(() => parse("any", "", { isRequired: true }), { message: "This parameter is required." });
});
