// Which frames of a traceback are folded, and where the code of the project stood.
import assert from "node:assert/strict";
import test from "node:test";
import { groupsOf } from "../../../src/project/server/static/runs/traceback.js";

const frame = (file, line = 1) => [`  File "${file}", line ${line}, in f`, `    call(${line})`];
const text = (...parts) => parts.flat().join("\n");
const summary = (groups) => groups.map(({ isFolded, parts }) => [isFolded, parts.length]);
const own = (groups) => groups.flatMap(({ parts }) => parts).find(({ isOwn }) => isOwn)?.lines[0];

test("frames of what runs nodes are folded, and the last own one is marked", () => {
  const groups = groupsOf(
    text(
      "Traceback (most recent call last):",
      frame("/venv/lib/python3.11/site-packages/prefect/engine/task_runner.py"),
      frame("/srv/x/src/project/execution/kedro_run.py"),
      frame("/venv/lib/python3.11/site-packages/kedro/pipeline/node.py"),
      frame("/home/ada/shop/src/shop/nodes.py", 42),
      frame("/home/ada/shop/src/shop/helpers.py", 7),
      frame("/usr/lib/python3.11/json/__init__.py"),
      frame("/venv/lib/python3.11/site-packages/sklearn/base.py"),
      "ValueError: no rows",
    ),
  );

  assert.deepEqual(summary(groups), [
    [false, 1],
    [true, 3],
    [false, 5],
  ]);
  assert.equal(own(groups), '  File "/home/ada/shop/src/shop/helpers.py", line 7, in f');
});

test("pipelines of this package are not folded", () => {
  const groups = groupsOf(text(frame("/srv/x/src/project/pipelines/flights/model.py", 3)));

  assert.equal(own(groups), '  File "/srv/x/src/project/pipelines/flights/model.py", line 3, in f');
});

test("nothing of the text is lost, and Windows paths are known", () => {
  const traceback = text(
    "Task 'fit': Exception encountered during task execution!",
    "Traceback (most recent call last):",
    frame("C:\\venv\\Lib\\site-packages\\kedro\\node.py"),
    "           ^^^^^",
    "  [Previous line repeated 3 more times]",
    "ValueError: a",
    "    indented",
    "",
    "During handling of the above exception, another exception occurred:",
    frame("C:\\shop\\nodes.py"),
    "KeyError: b",
  );
  const groups = groupsOf(traceback);

  const lines = groups.flatMap(({ parts }) => parts).flatMap((part) => part.lines);
  assert.equal(lines.join("\n"), traceback);
  assert.equal(groups[1].isFolded, true);
});

test("a text that is no traceback is one part", () => {
  assert.deepEqual(summary(groupsOf("It did not work\nat all")), [[false, 1]]);
});
