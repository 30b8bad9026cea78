// The reasons that failed runs have in common.
import assert from "node:assert/strict";
import { test } from "node:test";
import { commonReasons } from "../../../src/project/server/static/run-list/common-reasons.js";

const run = (id, name, message) => ({ id, failed: name ? [{ id, state_message: message, task: { name } }] : [] });

test("runs with the same failing task and the same last line belong together, the most frequent first", () => {
  const rows = [
    run(1, "load", "Unexpected error:\nOSError: no disk"),
    run(2, "clean", "Unexpected error:\nKeyError: 'price'"),
    run(3, null, null),
    run(4, "load", "While reading\nOSError: no disk"),
    run(5, "clean", "KeyError: 'price'"),
    run(6, "clean", "KeyError: 'price'\n"),
    run(7, "clean", "KeyError: 'other'"),
  ];
  assert.deepEqual(
    commonReasons(rows).map(([reason, runs]) => [reason, runs.map(({ id }) => id)]),
    [
      ["clean: KeyError: 'price'", [2, 5, 6]],
      ["load: OSError: no disk", [1, 4]],
    ],
  );
});

test("a run without a failed task has no reason", () => {
  assert.deepEqual(commonReasons([run(1, null, null), run(2, null, null)]), []);
});
