import { describe, expect, it } from "vitest";
import { readFiles } from "../testing/read-files.js";

/** 4 x 3, with a block of 2 x 2 at 1, 1 in every form. */
const image = { id: 7, file_name: "a.jpg", width: 4, height: 3 };
const categories = [
  { id: 90, name: "toothbrush" },
  { id: 3, name: "car" },
];
const block = ["....", ".##.", ".##."];
const cocoOf = (annotations: object[], more: object = {}) => ({
  info: {},
  licenses: [],
  images: [image],
  annotations,
  categories,
  ...more,
});
const annotation = { id: 1, image_id: 7, category_id: 90, iscrowd: 0 };
const polygon = [1, 1, 3, 1, 3, 3, 1, 3];

describe("all forms of COCO's segmentation, whatever iscrowd says", () => {
  it.each<[string, unknown, string[]]>([
    ["a polygon", [polygon], block],
    ["a polygon by itself", polygon, block],
    [
      "points as pairs",
      [
        [
          [1, 1],
          [3, 1],
          [3, 3],
          [1, 3],
        ],
      ],
      block,
    ],
    ["polygons, of which the first is empty", [[], [0, 0, 1, 0, 1, 1, 0, 1], polygon], ["#...", ".##.", ".##."]],
    ["compressed counts", { size: [3, 4], counts: "42102" }, block],
    ["a list of counts", { size: [3, 4], counts: [4, 2, 1, 2, 3] }, block],
    ["a list with runs of nothing", { size: [3, 4], counts: [4, 1, 0, 1, 1, 2, 3, 0] }, block],
    ["none: the box", [], block],
    ["an empty polygon: the box", [[]], block],
    ["nothing at all: the box", undefined, block],
  ])("%s", async (_name, segmentation, rows) => {
    for (const iscrowd of [0, 1]) {
      const one = { ...annotation, iscrowd, segmentation, bbox: [1, 1, 2, 2] };
      const { drawn, problems } = await readFiles({ "a.json": cocoOf([one]) });
      expect(problems).toEqual([]);
      expect(drawn).toEqual([["toothbrush", ...rows]]);
    }
  });
});

describe("files of COCO as others write them", () => {
  it("may begin with annotations, have ids with gaps or as text, and count categories from 0", async () => {
    const coco = {
      annotations: [
        { ...annotation, image_id: "7", category_id: 0, segmentation: [polygon] },
        { ...annotation, id: 5, category_id: 1, segmentation: [polygon] },
      ],
      categories: [
        { id: 0, name: "none", supercategory: "none" },
        { id: "1", name: "car" },
      ],
      images: [image],
    };
    const { drawn, objects, problems } = await readFiles({ "x/instances_val2017.json": coco });
    expect(problems).toEqual([]);
    expect(drawn.map(([label]) => label)).toEqual(["none", "car"]);
    expect(objects.map(({ sourceId }) => sourceId)).toEqual(["1", "5"]);
  });

  it("of Roboflow lie in a folder a split, beside the pictures, and may share names", async () => {
    const { pictures, objects } = await readFiles({
      "train/_annotations.coco.json": cocoOf([{ ...annotation, segmentation: [polygon] }]),
      "train/a.jpg": "",
      "valid/_annotations.coco.json": cocoOf([{ ...annotation, segmentation: [polygon] }]),
      "valid/a.jpg": "",
      "valid/alone.jpg": "",
    });
    expect(pictures.map(({ name, file, split }) => [name, file, split])).toEqual([
      ["a.jpg", "train/a.jpg", "train"],
      ["valid/a.jpg", "valid/a.jpg", "val"],
      ["alone.jpg", "valid/alone.jpg", "val"],
    ]);
    expect(objects.map(({ picture }) => picture)).toEqual(["a.jpg", "valid/a.jpg"]);
  });

  it("find pictures by their last name where folders were lost, and not where there are two of it", async () => {
    const images = [
      { ...image, file_name: "C:\\data\\one\\a.jpg" },
      { ...image, id: 8, file_name: "two/b.jpg" },
      { ...image, id: 9, file_name: "c.jpg" },
      { ...image, id: 10, file_name: "one/d.jpg" },
      { ...image, id: 11, file_name: "two/d.jpg" },
    ];
    const { pictures } = await readFiles({
      "annotations/instances_default.json": cocoOf([], { images }),
      "images/a.jpg": "",
      "images/two/d.jpg": "",
      "images/one/b.jpg": "",
      "images/two/b.jpg": "",
      "p/c.jpg": "",
      "q/c.jpg": "",
    });
    expect(pictures.map(({ name, file, split }) => [name, file, split]).slice(0, 5)).toEqual([
      ["data/one/a.jpg", "images/a.jpg", undefined],
      ["two/b.jpg", "images/two/b.jpg", undefined],
      ["c.jpg", undefined, undefined],
      ["one/d.jpg", undefined, undefined],
      ["two/d.jpg", "images/two/d.jpg", undefined],
    ]);
  });

  it("of CVAT call every mask a crowd, which others mean", async () => {
    const crowd = { ...annotation, iscrowd: 1, segmentation: { size: [3, 4], counts: [4, 2, 1, 2, 3] } };
    const { objects } = await readFiles({
      "a.json": cocoOf([crowd, { ...crowd, id: 2, attributes: { occluded: false, colour: "red", none: null } }]),
    });
    expect(objects.map(({ attributes }) => attributes)).toEqual([
      { iscrowd: "1" },
      { occluded: "false", colour: "red" },
    ]);
  });

  it("keep the scores and the place that a model gave", async () => {
    const scores = { predicted_iou: 0.9, stability_score: 0.95, point_coords: [[1.5, 2]], crop_box: [0, 0, 4, 3] };
    const { objects } = await readFiles({ "a.json": cocoOf([{ ...annotation, ...scores, segmentation: [polygon] }]) });
    expect(objects[0]).toMatchObject({
      predictedIou: 0.9,
      stabilityScore: 0.95,
      point: { x: 1.5, y: 2 },
      cropBox: { x: 0, y: 0, width: 4, height: 3 },
    });
  });

  it("whose ids are there twice, or not at all, have each object once", async () => {
    const { id: _, ...withoutId } = annotation;
    const all = [5, 5, 3].map((id) => ({ ...annotation, id }));
    const { objects } = await readFiles({
      "a.json": cocoOf([...all, withoutId].map((one) => ({ ...one, segmentation: [polygon] }))),
    });
    expect(objects.map(({ sourceId }) => sourceId)).toEqual(["5", "5@1", "3@2", "@3"]);
  });
});

describe("what is wrong in a file of COCO", () => {
  it("names file, line and reason, and the rest is read", async () => {
    const good = JSON.stringify({ ...annotation, segmentation: [polygon] });
    const lines = [
      '{"images": [',
      JSON.stringify(image),
      ", {",
      '  "id": 8, "width": 4, "height": 3}],',
      `"categories": ${JSON.stringify(categories)}, "annotations": [`,
      '{"id": 1, "image_id": 7, "segmentation": [[1, 1, 3',
      "1, 3]]},",
      `${good},`,
      JSON.stringify({ ...annotation, id: 2, image_id: 99, segmentation: [polygon] }),
      `,${JSON.stringify({ ...annotation, id: 3, category_id: 1, segmentation: [polygon] })}`,
      `,${JSON.stringify({ ...annotation, id: 4, segmentation: [[1, 2, 3, 4]] })}`,
      `,${JSON.stringify({ ...annotation, id: 5, segmentation: [[9, 9, 12, 9, 12, 12]] })}`,
      `,${JSON.stringify({ ...annotation, id: 6, segmentation: { size: [4, 3], counts: "" } })}`,
      `,${JSON.stringify({ ...annotation, id: 7, segmentation: { size: [3, 4], counts: [3, 4] } })}`,
      `,${JSON.stringify({ ...annotation, id: 8, segmentation: { size: [3, 4], counts: "~" } })}`,
      `,${JSON.stringify({ ...annotation, id: 9, segmentation: [[1, 1, "x", 1, 3, 3]] })}`,
      `,${JSON.stringify({ ...annotation, id: 10, segmentation: [[0, 0, 1e9, 0, 0, 1e9]] })}`,
      `,${JSON.stringify({ ...annotation, id: 11, caption: "a car" })}`,
      `,${JSON.stringify({ ...annotation, id: 12, keypoints: [] })}`,
      ", 5, null",
      `,${good.replace('"id":1', '"id":20')}]}`,
    ];
    const { objects, problems } = await readFiles({ "in/coco.json": lines.join("\n") });
    expect(objects.map(({ sourceId }) => sourceId)).toEqual(["1", "20"]);
    expect(problems).toEqual([
      "in/coco.json:3 The image has no file_name.",
      expect.stringMatching(/^in\/coco\.json:6 The annotation is not JSON: .+\.$/),
      "in/coco.json:9 The annotation's image_id 99 is no image of the file.",
      "in/coco.json:10 The annotation's category_id 1 is no category of the file.",
      "in/coco.json:11 A polygon needs an even number of at least 6 numbers; this one has 4.",
      "in/coco.json:12 The mask is empty: none of its pixels lies in the picture.",
      "in/coco.json:13 The mask's size is 4 x 3, the picture's 3 x 4.",
      "in/coco.json:14 The mask's counts do not sum to its 12 pixels.",
      "in/coco.json:15 The mask's counts hold a character that RLE does not use.",
      "in/coco.json:16 A polygon holds something that is no number.",
      "in/coco.json:17 The polygons reach much too far beyond the picture, or have too many points.",
      "in/coco.json:20 The annotation is not an object.",
      "in/coco.json:20 The annotation is not an object.",
      "in/coco.json:18 An annotation has neither a segmentation nor a box. There are 2 of them, the first one here.",
    ]);
  });

  it.each([
    ["is cut off", (text: string) => text.slice(0, -20), "The file ends in the middle: it has been cut off."],
    ["closes too much", (text: string) => `${text}]`, "The file closes more brackets than it opens."],
    ["goes on", (text: string) => `${text}{}`, "The file goes on after its end."],
  ])("of a file that %s, what was read stays", async (_name, change, sentence) => {
    const annotations = Array.from({ length: 5 }, (_, id) => ({ ...annotation, id, segmentation: [polygon] }));
    const text = change(JSON.stringify({ images: [image], categories, annotations }));
    const { problems, pictures } = await readFiles({ "a.json": text });
    expect(pictures).toHaveLength(1);
    expect(problems).toEqual([`a.json:0 ${sentence}`]);
  });
});
