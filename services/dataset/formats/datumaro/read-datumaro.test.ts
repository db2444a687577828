import { describe, expect, it } from "vitest";
import { readFiles } from "../testing/read-files.js";

const square = [".....", ".##..", ".##..", "....."];
const mask = {
  id: 0,
  type: "mask",
  attributes: {},
  group: 0,
  label_id: 1,
  z_order: 0,
  rle: { counts: "52207", size: [4, 5] },
};
const labels = [{ name: "cat", parent: "", attributes: [] }, { name: "dog" }];
const fileOf = (items: object[], more: object = {}) => ({
  info: {},
  categories: { label: { labels, attributes: [] }, mask: { colormap: [] } },
  items,
  ...more,
});
const item = (annotations: object[], more: object = {}) => ({
  id: "one/a",
  annotations,
  attr: { frame: 0 },
  image: { path: "one/a.jpg", size: [4, 5] },
  ...more,
});

describe("annotations of Datumaro", () => {
  it.each<[string, object]>([
    ["mask", {}],
    ["polygon", { points: [1, 1, 3, 1, 3, 3, 1, 3] }],
    ["bbox", { bbox: [1, 1, 2, 2] }],
  ])("%s", async (type, more) => {
    const { drawn, problems } = await readFiles({
      "annotations/train.json": fileOf([item([{ ...mask, type, ...more }])]),
    });
    expect(problems).toEqual([]);
    expect(drawn).toEqual([["dog", ...square]]);
  });

  it("of one group are one object, without the boxes of what has a mask", async () => {
    const polygon = { ...mask, type: "polygon", points: [3, 2, 5, 2, 5, 4, 3, 4] };
    const { drawn, objects } = await readFiles({
      "a.json": fileOf([
        item([
          { ...mask, type: "bbox", bbox: [0, 0, 5, 4], group: 3 },
          { ...mask, group: 3, attributes: { occluded: true } },
          { ...polygon, group: 3 },
          { ...polygon, group: 4, label_id: 0 },
          { ...mask, type: "bbox", bbox: [1, 1, 2, 2], group: 5, label_id: 0 },
          { ...mask, group: 0 },
          { ...mask, group: 0, label_id: undefined },
        ]),
      ]),
    });
    expect(drawn).toEqual([
      ["dog", ".....", ".##..", ".####", "...##"],
      ["cat", ".....", ".....", "...##", "...##"],
      ["cat", ...square],
      ["dog", ...square],
      [undefined, ...square],
    ]);
    expect(objects[0]?.attributes).toEqual({ occluded: "true" });
  });
});

describe("files of Datumaro", () => {
  it("are a split each, with pictures in a folder of its name", async () => {
    const { pictures } = await readFiles({
      "annotations/train.json": fileOf([item([])]),
      "annotations/default.json": fileOf([item([], { id: "b", image: { size: [4, 5] } })], {
        dm_format_version: "1.0",
      }),
      "images/train/one/a.jpg": "",
      "images/default/b.png": "",
    });
    expect(pictures.map(({ name, file, split, attributes }) => [name, file, split, attributes])).toEqual([
      ["one/a.jpg", "images/train/one/a.jpg", "train", { frame: "0" }],
      ["b.png", "images/default/b.png", undefined, { frame: "0" }],
    ]);
  });

  it("say what is wrong, and the rest is read", async () => {
    const items = [
      item([
        { ...mask, label_id: 9 },
        { ...mask, type: "caption" },
        { ...mask, rle: { counts: "52207", size: [5, 4] } },
        mask,
      ]),
      { annotations: [] },
      item([mask], { id: "b", image: {} }),
      item([7 as unknown as object], { id: "c", image: { path: "c.jpg", size: [4, 5] } }),
    ];
    const { drawn, problems } = await readFiles({
      "a.json": `{"categories": ${JSON.stringify(fileOf([]).categories)}, "items": [\n${items.map((one) => JSON.stringify(one)).join(",\n")}]}`,
    });
    expect(drawn).toHaveLength(1);
    expect(problems).toEqual([
      "a.json:2 There is no label 9.",
      "a.json:2 The mask's size is 5 x 4, the picture's 4 x 5.",
      'a.json:2 An annotation of the type "caption" has no pixels.',
      "a.json:3 The item has neither an id nor a path.",
      "a.json:4 The picture's size is not known: the item has none, and its file is not here.",
      "a.json:5 The annotation is not an object.",
    ]);
  });
});
