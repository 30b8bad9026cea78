// Which nodes belong to which namespace, and what is drawn when some are folded.
import assert from "node:assert/strict";
import test from "node:test";
import { fold, namespaceOf, namespacesOf } from "../../../src/project/server/static/graph/namespaces.js";

const node = (name, state = null) => ({ id: name, name, state });
const edges = (...pairs) =>
  pairs.map((pair) => {
    const [from, to] = pair.split(" > ");
    return { from, to };
  });
const NESTED = {
  nodes: [
    node("start"),
    node("model.fit", "Success"),
    node("model.tune.split", "Running"),
    node("model.tune.score", "Failed"),
  ],
  edges: edges("start > model.fit", "model.fit > model.tune.split", "model.tune.split > model.tune.score"),
};
const drawn = (scene) => ({
  boxes: scene.nodes.map(({ id }) => id),
  edges: scene.edges.map(({ from, to }) => `${from} > ${to}`),
  groups: scene.groups.map(({ name, parent }) => [name, parent]),
});

test("the namespace is what precedes the last dot of a name", () => {
  const namespaces = {
    "delay_model.train([x]) -> [y]": "delay_model",
    "a.b.train": "a.b",
    "train([a.b]) -> [c.d]": null,
    train: null,
    "version 1.2 of it": null,
  };

  for (const [name, namespace] of Object.entries(namespaces)) assert.equal(namespaceOf(name), namespace);
});

test("a namespace has two nodes or more, and outer ones come first", () => {
  const namespaces = namespacesOf([...NESTED.nodes, node("alone.one")]);

  assert.deepEqual(Object.fromEntries(namespaces), {
    model: { members: ["model.fit", "model.tune.split", "model.tune.score"], outer: null },
    "model.tune": { members: ["model.tune.split", "model.tune.score"], outer: "model" },
  });
});

test("without folding everything is drawn, in groups", () => {
  assert.deepEqual(drawn(fold(NESTED, new Set())), {
    boxes: ["start", "model.fit", "model.tune.split", "model.tune.score"],
    edges: ["start > model.fit", "model.fit > model.tune.split", "model.tune.split > model.tune.score"],
    groups: [
      ["model", null],
      ["model.tune", "model"],
    ],
  });
});

test("frames that nodes name themselves replace their namespaces", () => {
  const inFrame = (name, ...frames) => ({ ...node(name), frames });
  const nodes = [inFrame("a.b.one", "a.b"), inFrame("a.b.two", "a.b"), inFrame("a.three"), inFrame("a.four", "a.four")];

  assert.deepEqual(drawn(fold({ nodes, edges: [] }, new Set())).groups, [["a.b", null]]);
});

test("a folded namespace is one box with the edges to and from its nodes", () => {
  assert.deepEqual(drawn(fold(NESTED, new Set(["model.tune"]))), {
    boxes: ["start", "model.fit", "namespace:model.tune"],
    edges: ["start > model.fit", "model.fit > namespace:model.tune"],
    groups: [["model", null]],
  });
});

test("the outermost folded namespace is drawn, with the worst state and the tally of its nodes", () => {
  const [, box] = fold(NESTED, new Set(["model", "model.tune"])).nodes;

  assert.equal(box.id, "namespace:model");
  assert.equal(box.state, "Failed");
  assert.deepEqual(box.tally, [
    ["success", 1],
    ["running", 1],
    ["failed", 1],
  ]);
});

test("a dataset that is written and read within a folded namespace is folded with it", () => {
  const part = { ...node("model.part"), id: "dataset:model.part", kind: "dataset" };
  const features = { ...node("features"), id: "dataset:features", kind: "dataset" };
  const graph = {
    nodes: [node("model.split"), node("model.fit"), part, features],
    edges: edges(
      "dataset:features > model.split",
      "model.split > dataset:model.part",
      "dataset:model.part > model.fit",
    ),
  };

  assert.deepEqual(drawn(fold(graph, new Set(["model"]))), {
    boxes: ["namespace:model", "dataset:features"],
    edges: ["dataset:features > namespace:model"],
    groups: [],
  });
});
