import { create } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { LabelSchema } from "../../../proto/index.js";
import { asTree, changed, colours, faultsOf, keyFrom, labelsOf, type Row, rowsOf, withNew, without } from "./labels.js";

const label = (id: number, name: string, parent = 0, hotKey = "") =>
  create(LabelSchema, { id, name, parent, hotKey, colour: "#111111" });
const labels = [label(4, "animal"), label(7, "cat", 4, "c"), label(9, "stone")];
const rows = rowsOf(labels);
const taken = new Set(["v", "k"]);
const kinds = (all: readonly Row[]) => faultsOf(all, taken).map(({ kind, row }) => [kind, row]);

describe("labels as rows", () => {
  it("come back as they were", () => {
    expect(labelsOf(rows)).toEqual(labels);
  });

  it("get a free colour and the first free digit when they are new", () => {
    const one = withNew(rows, "tree", new Set(["1"])).at(-1)!;
    expect(one).toMatchObject({ row: 4, id: 0, name: "tree", colour: colours[0], hotKey: "2", parent: 0 });
  });

  it("lose what they are a kind of when that is removed", () => {
    expect(labelsOf(without(rows, 1))).toMatchObject([
      { name: "cat", parent: 0 },
      { name: "stone", parent: 0 },
    ]);
  });
});

describe("what is wrong with labels", () => {
  it.each<[string, readonly Row[], unknown[]]>([
    ["nothing", rows, []],
    ["no name", changed(rows, 3, { name: "  " }), [["name", 3]]],
    ["a name twice", changed(rows, 3, { name: "cat " }), [["twice", 3]]],
    ["a key twice", changed(rows, 3, { hotKey: "c" }), [["key-twice", 3]]],
    ["a key that does something else", changed(rows, 3, { hotKey: "v" }), [["key-taken", 3]]],
    ["a label above itself", changed(rows, 1, { parent: 1 }), [["ring", 1]]],
    [
      "two above each other",
      changed(rows, 1, { parent: 2 }),
      [
        ["ring", 1],
        ["ring", 2],
      ],
    ],
  ])("is told: %s", (_, all, expected) => {
    expect(kinds(all)).toEqual(expected);
  });
});

it.each([
  ["C", "c"],
  ["7", "7"],
  [" ", ""],
  ["Enter", ""],
  ["é", "é"],
])("makes of the key %s the hot key “%s”", (pressed, key) => {
  expect(keyFrom(pressed)).toBe(key);
});

it("puts kinds under what they are a kind of", () => {
  const order = asTree([labels[1]!, labels[2]!, labels[0]!]).map(([{ name }, depth]) => [name, depth]);
  expect(order).toEqual([
    ["stone", 0],
    ["animal", 0],
    ["cat", 1],
  ]);
});
