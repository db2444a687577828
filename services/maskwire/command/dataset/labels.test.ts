import { create } from "@bufbuild/protobuf";
import { expect, it } from "vitest";
import { LabelSchema } from "../../../../proto/index.js";
import { collectLabels, collectRenames, collectWords, labelNamed, mergeLabels } from "./labels.js";

it.each([
  ["bird", { name: "bird" }],
  [" big bird ", { name: "big bird" }],
  ["bird=#FF8800", { name: "bird", colour: "#ff8800" }],
  ["bird=#ff8800,b", { name: "bird", colour: "#ff8800", hotKey: "b" }],
  ["bird=,b", { name: "bird", hotKey: "b" }],
  ["鸟=,鸟", { name: "鸟", hotKey: "鸟" }],
])("takes the label %j", (text, label) => {
  expect(collectLabels(text, [{ name: "cat" }])).toEqual([{ name: "cat" }, label]);
});

it.each(["", " ", "=#ff8800", "bird=red", "bird=#ff88", "bird=#ff8800,", "bird=#ff8800,bc"])(
  "refuses %j for a label",
  (text) => {
    expect(() => collectLabels(text)).toThrow(/bird=#ff8800,b/);
  },
);

it("takes names that come several times", () => {
  expect(collectWords("b", collectWords("a"))).toEqual(["a", "b"]);
  expect(collectRenames("brid=bird", [{ from: "a", to: "b" }])).toEqual([
    { from: "a", to: "b" },
    { from: "brid", to: "bird" },
  ]);
  for (const odd of ["bird", "=bird", "brid=", "a=b=c"]) expect(() => collectRenames(odd), odd).toThrow(/brid=bird/);
});

const labels = ["cat", "brid", "dog"].map((name, at) =>
  create(LabelSchema, { id: at + 1, name, colour: "#808080", hotKey: String(at) }),
);

it("renames, leaves out and adds, and what stays keeps its id", () => {
  const merged = mergeLabels(labels, {
    add: [{ name: "fish", hotKey: "f" }],
    rename: [{ from: "brid", to: "bird" }],
    remove: ["cat"],
  });
  expect(merged).toMatchObject([{ id: 2, name: "bird", hotKey: "1" }, { id: 3, name: "dog" }, { name: "fish" }]);
  expect(merged[2]).not.toHaveProperty("id");
});

it("names the labels there are to who asks for another", () => {
  expect(labelNamed(labels, "dog")).toBe(3);
  const sentence = 'The data set has no label "cow"; it has cat, brid, dog.';
  expect(() => labelNamed(labels, "cow")).toThrow(sentence);
  expect(() => mergeLabels(labels, { add: [], rename: [], remove: ["cow"] })).toThrow(sentence);
  expect(() => mergeLabels(labels, { add: [], rename: [{ from: "cow", to: "ox" }], remove: [] })).toThrow(sentence);
  expect(() => labelNamed([], "cow")).toThrow("it has none");
});
