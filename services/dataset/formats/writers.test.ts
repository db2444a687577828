import { describe, expect, it, vi } from "vitest";
import { AnnotationFormat } from "../../../proto/index.js";
import { readAnnotations, writeAnnotations } from "./formats.js";
import { Unreadable } from "./parse/unreadable.js";
import { objectFrom, setOf } from "./testing/example-set.js";
import { allOf } from "./testing/found.js";
import { MemoryFiles } from "./testing/memory-files.js";
import type { ExportOptions, ExportSet } from "./types.js";

type Format = Parameters<typeof writeAnnotations>[0];

async function written(format: Format, set: ExportSet, options: ExportOptions = {}) {
  const files = new MemoryFiles();
  return {
    files,
    notes: await writeAnnotations(format, set, files, options),
    paths: () => [...files.contents.keys()].sort(),
  };
}

const labels = [{ name: "cat", colour: "#ff0000" }];
const ring = ["###", "#.#", "###"];
const dots = ["#.#", "...", "..."];
const facts = {
  label: "cat",
  attributes: { occluded: "true", colour: "red" },
  predictedIou: 1,
  stabilityScore: 0.5,
  point: { x: 1, y: 2.5 },
  cropBox: { x: 0, y: 0, width: 3, height: 3 },
};
const set = setOf(labels, [
  { name: "a.jpg", objects: [objectFrom(1, ring, facts), objectFrom(2, dots), objectFrom(3, ring, { label: "cat" })] },
]);

describe("what a format cannot say", () => {
  it.each<[string, Format, ExportOptions, string[]]>([
    ["COCO's run lengths", AnnotationFormat.COCO, {}, []],
    [
      "COCO's polygons",
      AnnotationFormat.COCO,
      { coco: "polygons" },
      ["Objects with holes are cut open by a bridge of no width to each hole: 2 objects."],
    ],
    ["SA-1B", AnnotationFormat.SA1B, {}, ["SA-1B has no labels; they are left out: 2 objects."]],
    [
      "LabelMe",
      AnnotationFormat.LABELME,
      {},
      [
        "LabelMe's flags are true or false; other attributes are left out: 1 attribute.",
        "Objects with holes are masks, which LabelMe reads from 5.2 on: 2 objects.",
      ],
    ],
    [
      "YOLO",
      AnnotationFormat.YOLO,
      {},
      [
        "Pictures without a split are in train: 1 picture.",
        "Objects with holes are cut open by a bridge of no width to each hole: 2 objects.",
        "Objects of several parts are joined by bridges of no width: 1 object.",
        "There is no split val, which trainers ask for.",
      ],
    ],
    [
      "PNG",
      AnnotationFormat.PNG,
      {},
      [
        "A pixel has one label: some of theirs are smaller objects': 2 objects.",
        "Objects of one label are one area of a picture: so many are not told apart: 1 object.",
      ],
    ],
    [
      "CVAT",
      AnnotationFormat.CVAT,
      {},
      ["CVAT takes no attributes that its labels do not name; they are left out: 1 attribute."],
    ],
    ["Label Studio", AnnotationFormat.LABEL_STUDIO, {}, []],
    ["Datumaro", AnnotationFormat.DATUMARO, {}, []],
  ])("is told by %s", async (_name, format, options, notes) => {
    expect((await written(format, set, options)).notes).toEqual(notes);
  });

  it("is refused where it is too much", async () => {
    const many = Array.from({ length: 255 }, (_, at) => ({ name: `label ${at}`, colour: "#000000" }));
    await expect(written(AnnotationFormat.PNG, setOf(many, []))).rejects.toThrow(Unreadable);
  });
});

describe("attributes and scores", () => {
  it.each<[string, Format, object]>([
    ["COCO", AnnotationFormat.COCO, facts],
    ["SA-1B", AnnotationFormat.SA1B, { ...facts, attributes: {}, label: undefined }],
    ["Label Studio", AnnotationFormat.LABEL_STUDIO, { attributes: facts.attributes, label: "cat" }],
    ["Datumaro", AnnotationFormat.DATUMARO, { attributes: facts.attributes, label: "cat" }],
    ["CVAT", AnnotationFormat.CVAT, { attributes: { occluded: "true" }, label: "cat" }],
    ["LabelMe", AnnotationFormat.LABELME, { attributes: { occluded: "true" }, label: "cat" }],
  ])("of %s come back", async (_name, format, expected) => {
    const { files } = await written(format, set);
    const { objects } = await allOf(readAnnotations(files.source()));
    expect({ label: undefined, ...objects[0] }).toMatchObject(expected);
  });

  it("of a crowd stay a crowd's, in run lengths, whatever the form", async () => {
    const crowd = setOf(labels, [{ name: "a.jpg", objects: [objectFrom(1, ring, { attributes: { iscrowd: "1" } })] }]);
    const { files, notes } = await written(AnnotationFormat.COCO, crowd, { coco: "polygons" });
    const [annotation] = JSON.parse(files.text("annotations/instances_default.json")).annotations;
    expect(annotation).toMatchObject({ iscrowd: 1, segmentation: { size: [3, 3], counts: expect.any(String) } });
    expect(notes).toEqual(["Crowds (attribute iscrowd) are written as such, as run lengths: 1 crowd."]);
    const { objects } = await allOf(readAnnotations(files.source()));
    expect(objects[0]?.attributes).toEqual({ iscrowd: "1" });
  });
});

describe("an object with very many holes", () => {
  const holes = Array.from({ length: 281 }, (_, y) => (y % 2 === 0 ? "#".repeat(281) : "#.".repeat(140).concat("#")));
  const meadow = setOf(labels, [
    { name: "a.jpg", objects: [objectFrom(1, holes, { label: "cat" }), objectFrom(2, ring, { label: "cat" })] },
  ]);

  it("is written by COCO as run lengths", async () => {
    const { files, notes } = await written(AnnotationFormat.COCO, meadow, { coco: "polygons" });
    expect(notes).toContain("Objects of very many parts and holes are written as run lengths: 1 object.");
    const [first, second] = JSON.parse(files.text("annotations/instances_default.json")).annotations;
    expect([first.segmentation.size, second.segmentation.length]).toEqual([[281, 281], 1]);
  });

  it("is left out by YOLO", async () => {
    const { files, notes } = await written(AnnotationFormat.YOLO, meadow);
    expect(notes).toContain(
      "Objects of very many parts and holes are left out, since one ring cannot say them: 1 object.",
    );
    expect(files.text("labels/train/a.txt").trim().split("\n")).toHaveLength(1);
  });

  it("is a mask of LabelMe's", async () => {
    const { files } = await written(AnnotationFormat.LABELME, meadow);
    expect(JSON.parse(files.text("a.json")).shapes[0].shape_type).toBe("mask");
  });
});

describe("files", () => {
  const picture = async function* () {
    yield Buffer.from("x");
  };
  const two = setOf(labels, [
    { name: "one/a.jpg", split: "train", objects: [objectFrom(1, dots, { label: "cat" })], open: picture },
    { name: "one/a.png", split: "train", objects: [objectFrom(2, dots, { label: "cat" })], open: picture },
    { name: "b.png", split: "my split/2", objects: [objectFrom(3, dots, { label: "cat" })], open: picture },
  ]);

  it.each<[string, Format, string[]]>([
    [
      "YOLO",
      AnnotationFormat.YOLO,
      [
        "data.yaml",
        "images/my-split-2/b.png",
        "images/train/one/a-2.png",
        "images/train/one/a.jpg",
        "labels/my-split-2/b.txt",
        "labels/train/one/a-2.txt",
        "labels/train/one/a.txt",
      ],
    ],
    [
      "SA-1B",
      AnnotationFormat.SA1B,
      [
        "my-split-2/b.json",
        "my-split-2/b.png",
        "train/one/a-2.json",
        "train/one/a.jpg",
        "train/one/a.json",
        "train/one/a.png",
      ],
    ],
    [
      "COCO",
      AnnotationFormat.COCO,
      [
        "annotations/instances_my-split-2.json",
        "annotations/instances_train.json",
        "images/b.png",
        "images/one/a.jpg",
        "images/one/a.png",
      ],
    ],
  ])("of %s have a name each, also of pictures that differ in their ending only", async (_name, format, paths) => {
    const { paths: all, files } = await written(format, two);
    expect(all()).toEqual(paths);
    const sizeOf = async () => ({ width: 3, height: 3 });
    const { objects, problems, pictures } = await allOf(readAnnotations(files.source(), { sizeOf }));
    expect([objects.length, pictures.length, problems]).toEqual([3, 3, []]);
  });

  it.each<[string, Format]>([
    ["COCO", AnnotationFormat.COCO],
    ["SA-1B", AnnotationFormat.SA1B],
    ["LabelMe", AnnotationFormat.LABELME],
    ["YOLO", AnnotationFormat.YOLO],
    ["PNG", AnnotationFormat.PNG],
    ["Datumaro", AnnotationFormat.DATUMARO],
  ])("of %s are of one split each, however alike splits are called", async (_name, format) => {
    const alike = ["", "default", "a b", "a-b", "A b"].map((split, at) => {
      return { name: `${at}.png`, split, objects: [objectFrom(at + 1, dots, { label: "cat" })], open: picture };
    });
    const files = new MemoryFiles();
    const write = vi.spyOn(files, "write");
    await writeAnnotations(format, setOf(labels, alike), files);
    const paths = write.mock.calls.map(([path]) => path.toLowerCase());
    expect(new Set(paths).size).toBe(paths.length);
    const sizeOf = async () => ({ width: 3, height: 3 });
    const { objects } = await allOf(readAnnotations(files.source(), { sizeOf }));
    expect(objects).toHaveLength(5);
  });

  it("have no label that no object has", async () => {
    const { files } = await written(AnnotationFormat.COCO, two);
    expect(JSON.parse(files.text("annotations/instances_train.json")).categories).toEqual([
      { id: 1, name: "cat", supercategory: "" },
    ]);
  });
});
