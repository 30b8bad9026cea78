// The filters of the list of runs, as conditions of the API.
import assert from "node:assert/strict";
import test from "node:test";
import {
  conditionOf,
  filterIn,
  isFiltered,
  isName,
  isUpcoming,
  TIMES,
} from "../../../src/project/server/static/run-list/run-filter.js";
import { stringifyExact } from "../../../src/project/server/static/shared/exact-json.js";

const filter = (text) => filterIn(new URLSearchParams(text));
const conditions = (text, ids = []) => conditionOf(filter(text), ids)._and.slice(1);
const ID = "00000000-0000-4000-8000-000000000000";

test("what is in an address is read, and what makes no sense is left out", () => {
  assert.deepEqual(filter("state=failed,nonsense,late&since=24h&page=3&text=+a+"), {
    states: ["failed", "late"],
    since: "24h",
    until: "",
    ended: "",
    flow: "",
    env: "",
    text: " a ",
    page: 3,
  });
  assert.equal(filter("page=-1").page, 1);
  assert.deepEqual(conditions("since=yesterday&until=7x&ended=soon"), []);
  assert.equal(isFiltered(filter("page=2")), false);
  assert.equal(isFiltered(filter("env=prod")), true);
  assert.equal(isUpcoming(filter("state=scheduled")), true);
  assert.equal(isUpcoming(filter("state=scheduled,late")), false);
});

test("without a state, everything but what is to come is shown", () => {
  const [past] = conditionOf(filter(""), [])._and;

  assert.deepEqual(past._or[0], { state: { _neq: "Scheduled" } });
  // A run that starts now is there, also if the page takes the server's clock for some seconds behind.
  const due = Date.parse(past._or[1].scheduled_start_time._lte);
  assert.ok(due > Date.now() + 5000 && due < Date.now() + 60_000);
});

test("a text looks for names, an id for its run", () => {
  assert.deepEqual(conditions("text=50%25_done", ["x"]), [
    {
      _or: [
        { name: { _ilike: "%50\\%\\_done%" } },
        { flow: { name: { _ilike: "%50\\%\\_done%" } } },
        { id: { _in: ["x"] } },
      ],
    },
  ]);
  assert.deepEqual(conditions(`text=${ID}`), [{ id: { _eq: ID } }]);
  assert.deepEqual([isName("a"), isName(" "), isName(ID), isName("a=1")], [true, false, false, false]);
});

test("spaces around what is typed stay in the field, and do not matter for what is found", () => {
  assert.equal(filter("text=two+").text, "two ");
  for (const text of ["text=+two+", `text=${ID}+`, "text=a%3D1+", "env=+prod"]) {
    assert.deepEqual(conditions(text), conditions(text.replaceAll("+", "")));
  }
  assert.deepEqual(conditions("text=+"), []);
});

test("name=value looks for a parameter, of the flow or in params", () => {
  assert.deepEqual(conditions("text=model.depth%3D3")[0]._or, [
    { parameters: { _contains: { "model.depth": "3" } } },
    { parameters: { _contains: { params: { model: { depth: "3" } } } } },
    { parameters: { _contains: { "model.depth": 3 } } },
    { parameters: { _contains: { params: { model: { depth: 3 } } } } },
  ]);
  assert.deepEqual(conditions("text=flag%3DTrue")[0]._or[2], { parameters: { _contains: { flag: true } } });
});

test("a number is looked for as it is typed", () => {
  for (const seed of ["12345678901234567890", "0.10000000000000000001", "1e400"]) {
    const [, , condition] = conditions(`text=seed%3D${seed}`)[0]._or;
    assert.equal(stringifyExact(condition), `{"parameters":{"_contains":{"seed":${seed}}}}`);
  }
});

test("times are presets, or times themselves", () => {
  const [{ scheduled_start_time: since }] = conditions("since=1h");
  const hours = (Date.now() - Date.parse(since._gte)) / 3_600_000;

  assert.ok(hours > 0.99 && hours < 1.01);
  assert.deepEqual(conditions("since=2026-11-26T18:00:00.000Z&until=2026-11-27T06:00:00.000Z"), [
    { scheduled_start_time: { _gte: "2026-11-26T18:00:00.000Z" } },
    { scheduled_start_time: { _lte: "2026-11-27T06:00:00.000Z" } },
  ]);
});

test("evening is at 18:00 by the clock on the wall, also when the clocks change in the night", () => {
  const evening = TIMES.find(({ id }) => id === "evening");
  const { TZ } = process.env;
  process.env.TZ = "Europe/Paris";
  const start = new Date(evening.start(new Date("2026-03-29T07:00:00Z"))).toISOString();
  process.env.TZ = TZ ?? "UTC";

  assert.equal(start, "2026-03-28T17:00:00.000Z");
});
