import { describe, expect, it } from "vitest";
import { bitmapToRle, encodeLabelStudioRle } from "../../../../proto/index.js";
import { readFiles } from "../testing/read-files.js";

const size = { original_width: 5, original_height: 4, image_rotation: 0 };
const names = { from_name: "tag", to_name: "img" };
const square = [".....", ".##..", ".##..", "....."];
const rle = encodeLabelStudioRle(
  bitmapToRle(
    Uint8Array.from(square.join(""), (sign) => (sign === "#" ? 1 : 0)),
    5,
    4,
  ),
);
const result = (type: string, value: object, more: object = {}) => ({
  id: "r1",
  type,
  ...names,
  ...size,
  value,
  ...more,
});
const taskOf = (results: object[], more: object = {}) => ({
  id: 12,
  data: { image: "/data/upload/1/0a1b2c3d-a.jpg" },
  annotations: [{ id: 5, was_cancelled: false, result: results }],
  predictions: [],
  ...more,
});
const polygon = {
  points: [
    [20, 25],
    [60, 25],
    [60, 75],
    [20, 75],
  ],
  polygonlabels: ["cat"],
  closed: true,
};

describe("regions of Label Studio", () => {
  it.each<[string, object]>([
    ["brushlabels", { format: "rle", rle, brushlabels: ["cat"] }],
    ["polygonlabels", polygon],
    ["rectanglelabels", { x: 20, y: 25, width: 40, height: 50, rotation: 0, rectanglelabels: ["cat"] }],
    ["rectanglelabels", { x: 60, y: 25, width: 40, height: 50, rotation: 90, rectanglelabels: ["cat"] }],
    ["ellipselabels", { x: 40, y: 50, radiusX: 24, radiusY: 30, rotation: 0, ellipselabels: ["cat"] }],
  ])("%s", async (type, value) => {
    const { drawn, problems } = await readFiles({ "tasks.json": [taskOf([result(type, value)])] });
    expect(problems).toEqual([]);
    expect(drawn).toEqual([["cat", ...square]]);
  });

  it("are shape and labels apart, or have two labels, each a result of one id", async () => {
    const { objects, problems } = await readFiles({
      "tasks.json": [
        taskOf([
          result("polygon", { ...polygon, polygonlabels: undefined }),
          result("labels", { labels: ["dog"] }, { from_name: "label" }),
          result("polygonlabels", polygon, { id: "r2" }),
          result("polygonlabels", { ...polygon, polygonlabels: ["wet"] }, { id: "r2", from_name: "state" }),
          result("polygonlabels", polygon, { id: "r3", score: 0.75 }),
        ]),
      ],
    });
    expect(problems).toEqual([]);
    expect(objects.map(({ label, attributes, sourceId }) => [label, attributes, sourceId])).toEqual([
      ["dog", {}, "12/r1"],
      ["cat", { labels: "cat, wet" }, "12/r2"],
      ["cat", { score: "0.75" }, "12/r3"],
    ]);
  });
});

describe("tasks of Label Studio", () => {
  it.each([
    ["/data/upload/1/0a1b2c3d-my%20a.jpg", "my a.jpg"],
    ["/data/local-files/?d=set/one/my a.jpg", "set/one/my a.jpg"],
    ["https://host.example/p/my%20a.jpg?sign=5", "p/my a.jpg"],
    ["s3://bucket/p/my a.jpg", "p/my a.jpg"],
    ["images/my a.jpg", "my a.jpg"],
  ])("name their picture %s", async (image, name) => {
    const { pictures } = await readFiles({
      "tasks.json": [taskOf([result("polygonlabels", polygon)], { data: { image, split: "val" } })],
      "pictures/my a.jpg": "",
    });
    expect(pictures.map((one) => [one.name, one.file, one.split])).toEqual([[name, "pictures/my a.jpg", "val"]]);
  });

  it("may call it otherwise, and have no annotation at all", async () => {
    const { pictures } = await readFiles({
      "tasks.json": [{ id: 1, data: { note: "x", photo: "https://host.example/b.png" }, annotations: [] }],
    });
    expect(pictures.map(({ name }) => name)).toEqual(["b.png"]);
  });

  it("are read by their ground truth, else their last annotation, else a model's prediction", async () => {
    const by = (label: string, more: object = {}) => ({
      result: [result("polygonlabels", { ...polygon, polygonlabels: [label] })],
      ...more,
    });
    const { drawn, problems } = await readFiles({
      "tasks.json": [
        taskOf([], { id: 1, annotations: [by("a", { ground_truth: true }), by("b")] }),
        taskOf([], { id: 2, annotations: [by("a"), by("b"), by("c", { was_cancelled: true })] }),
        taskOf([], { id: 3, annotations: [by("a", { was_cancelled: true })], predictions: [by("d")] }),
      ],
    });
    expect(drawn.map(([label]) => label)).toEqual(["a", "b", "d"]);
    expect(problems).toEqual([
      "tasks.json:1 A task has several annotations: its ground truth is read, or else the last one. There are 2 of them, the first one here.",
    ]);
  });
});

describe("what is wrong in Label Studio's JSON", () => {
  it("names file, line and reason, and the rest is read", async () => {
    const tasks = [
      taskOf([]),
      { id: 2, data: {}, annotations: [] },
      taskOf([
        result("brushlabels", { format: "rle", rle: [1, 2, 3], brushlabels: ["cat"] }),
        result("polygonlabels", { ...polygon, points: [[1, "x"]] }, { id: "r2" }),
        result("keypointlabels", { x: 1, y: 1, keypointlabels: ["cat"] }, { id: "r3" }),
        result("polygonlabels", polygon, { id: "r4", image_rotation: 90 }),
        result(
          "brushlabels",
          { format: "rle", rle, brushlabels: ["cat"] },
          { id: "r6", original_width: 1, original_height: 2 ** 28 },
        ),
        result("polygonlabels", polygon, { id: "r5" }),
      ]),
      5,
    ];
    const { objects, problems } = await readFiles({
      "t.json": `[${tasks.map((task) => JSON.stringify(task)).join(",\n")}]`,
    });
    expect(objects.map(({ sourceId }) => sourceId)).toEqual(["12@2/r5"]);
    expect(problems).toEqual([
      "t.json:2 The task's data names no picture.",
      "t.json:3 The brush's numbers end before the picture does.",
      "t.json:3 The region has a point that is none.",
      "t.json:3 The picture was turned in Label Studio, and the region is of the turned one.",
      "t.json:3 No picture of 1 x 268435456 is read.",
      "t.json:4 The task is not an object.",
      't.json:3 A result of the type "keypointlabels" has no pixels.',
    ]);
  });
});
