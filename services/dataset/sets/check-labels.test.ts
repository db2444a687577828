import { describe, expect, it } from "vitest";
import { listLimits, maxLabels } from "../../../proto/index.js";
import { checkLabels, colourOf, type LabelWish } from "./check-labels.js";

const label = (more: Partial<LabelWish>): LabelWish => ({
  id: 0,
  name: "a",
  colour: "",
  hotKey: "",
  parent: 0,
  ...more,
});
const known = new Set([1, 2]);

describe("labels", () => {
  it("are whatever people call them", () => {
    const labels = [
      label({ id: 2, name: "cell", colour: "#AABBcc", hotKey: "c" }),
      label({ id: 1, name: "Kern", parent: 2, hotKey: "1" }),
      label({ name: "\u{1f98a}".repeat(100), hotKey: "\u00e4" }),
    ];
    expect(() => checkLabels(labels, known)).not.toThrow();
  });

  it.each<[string, Partial<LabelWish>[]]>([
    ["A label needs a name.", [{ name: " " }]],
    ["A label's name has at most 100 characters", [{ name: "x".repeat(101) }]],
    ['Two labels are called "a"; give one another name.', [{}, {}]],
    ['The colour of "a" is "#rrggbb", such as #22aa55; "red" is not.', [{ colour: "red" }]],
    ['The hot key of "a" is one key in lower case; "A" is not.', [{ hotKey: "A" }]],
    ['The hot key of "a" is one key in lower case; "ab" is not.', [{ hotKey: "ab" }]],
    ['"a" and "b" have the same hot key "x".', [{ hotKey: "x" }, { name: "b", hotKey: "x" }]],
    ['The parent of "a" is the label 9, which is not among these.', [{ parent: 9 }]],
    ['"a" has the id 4, which no label of the set has; leave it 0.', [{ id: 4 }]],
    ["Two labels have the id 1.", [{ id: 1 }, { id: 1, name: "b" }]],
    [
      '"a" is a kind of itself.',
      [
        { id: 1, parent: 2 },
        { id: 2, name: "b", parent: 1 },
      ],
    ],
  ])("are refused: %s", (message, labels) => {
    expect(() => checkLabels(labels.map(label), known)).toThrow(message);
  });

  it("are as many as a request has, and no more", () => {
    const many = Array.from({ length: maxLabels }, (_, at) => label({ name: `label ${at}` }));
    expect(() => checkLabels(many, known)).not.toThrow();
    expect(() => checkLabels([...many, label({})], known)).toThrow(`A data set has at most ${maxLabels} labels.`);
    expect(listLimits["maskwire.v1.SetLabelsRequest.labels"]).toBe(maxLabels);
  });

  it("get colours that differ", () => {
    const colours = Array.from({ length: 100 }, (_, at) => colourOf(at + 1));
    expect(new Set(colours).size).toBe(100);
    expect(colours.filter((one) => !/^#[0-9a-f]{6}$/.test(one))).toEqual([]);
  });
});
