import { describe, expect, it } from "vitest";
import { encodePng } from "../png/encode-png.js";
import { readFiles } from "../testing/read-files.js";

const picture = await encodePng(new Uint8Array(20), 5, 4);
const square = "0.2 0.25 0.6 0.25 0.6 0.75 0.2 0.75";
const rows = [".....", ".##..", ".##..", "....."];

describe("labels of YOLO", () => {
  it.each([
    ["a polygon", `1 ${square}`],
    ["a polygon with a confidence", `1 ${square} 0.87`],
    ["a box around its middle", "1 0.4 0.5 0.4 0.5"],
    ["a box with a confidence", "1 0.4 0.5 0.4 0.5 0.9"],
    ["with spaces and Windows' ends of lines", `  1   ${square}  \r\n\r\n`],
  ])("%s", async (_name, line) => {
    const { drawn, problems } = await readFiles({
      "data.yaml": "names: [cat, dog]",
      "images/a.png": picture,
      "labels/a.txt": line,
    });
    expect(problems).toEqual([]);
    expect(drawn).toEqual([["dog", ...rows]]);
  });
});

describe("folders of YOLO", () => {
  it("mirror pictures, by the split's folder", async () => {
    const { pictures, objects } = await readFiles({
      "data.yaml": "path: ../datasets/x\ntrain: images/train\nval: images/val\nextra: images/extra\nnames:\n  0: cat\n",
      "images/train/a.png": picture,
      "images/train/deep/a.png": picture,
      "images/val/b.png": picture,
      "images/extra/c.png": picture,
      "labels/train/a.txt": `0 ${square}\n0 ${square}`,
      "labels/train/deep/a.txt": "",
      "labels/val/b.txt": "",
      "labels/extra/c.txt": "",
    });
    expect(pictures.map(({ name, split }) => [name, split])).toEqual([
      ["a.png", "train"],
      ["deep/a.png", "train"],
      ["b.png", "val"],
      ["c.png", "extra"],
    ]);
    expect(objects.map(({ sourceId }) => sourceId)).toEqual(["1", "2"]);
  });

  it("of Roboflow have a folder a split with both in it", async () => {
    const { pictures } = await readFiles({
      "README.roboflow.txt": "Provided by a user",
      "data.yaml": "train: ../train/images\nval: ../valid/images\nnc: 1\nnames: ['cat']",
      "train/images/a_jpg.rf.0.png": picture,
      "train/labels/a_jpg.rf.0.txt": `0 ${square}`,
      "valid/images/b.png": picture,
      "valid/labels/b.txt": `0 ${square}`,
    });
    expect(pictures.map(({ name, split }) => [name, split])).toEqual([
      ["a_jpg.rf.0.png", "train"],
      ["b.png", "val"],
    ]);
  });

  it("of darknet have labels beside pictures and names in a list", async () => {
    const { pictures, drawn } = await readFiles({
      "obj.names": "cat\ndog\n",
      "train.txt": "obj_train_data/a.png",
      "obj_train_data/a.png": picture,
      "obj_train_data/a.txt": `1 ${square}`,
    });
    expect(pictures.map(({ file }) => file)).toEqual(["obj_train_data/a.png"]);
    expect(drawn.map(([label]) => label)).toEqual(["dog"]);
  });

  it("may be of pictures that the data set has", async () => {
    const files = { "labels/a.txt": `0 ${square}`, "classes.txt": "cat" };
    const { drawn } = await readFiles(files, { sizeOf: async () => ({ width: 5, height: 4 }) });
    expect(drawn).toEqual([["cat", ...rows]]);
  });
});

describe("what is wrong in YOLO", () => {
  it("names file, line and reason, and the rest is read", async () => {
    const lines = [`0 ${square}`, "0 0.1", "0 x 0.2 0.3 0.4 0.5 0.6", `7 ${square}`, "0 2 2 3 2 3 3", `0 ${square}`];
    const { objects, problems } = await readFiles({
      "data.yaml": "names: {0: cat}",
      "images/a.png": picture,
      "labels/a.txt": lines.join("\n"),
      "labels/gone.txt": `0 ${square}`,
    });
    expect(objects.map(({ sourceId, label }) => [sourceId, label])).toEqual([
      ["1", "cat"],
      ["4", "class 7"],
      ["6", "cat"],
    ]);
    expect(problems).toEqual([
      "labels/a.txt:2 A polygon needs an even number of at least 6 numbers; this one has 0.",
      "labels/a.txt:3 The line holds something that is no number.",
      "labels/a.txt:5 The mask is empty: none of its pixels lies in the picture.",
      "labels/a.txt:4 There is no name for class 7.",
      "labels/gone.txt:1 The size of the picture gone is not known: its file is not here.",
    ]);
  });

  it.each([
    ["is none", "names: [cat\n: :", /^data\.yaml:0 data\.yaml is no YAML: /],
    [
      "grows without end",
      `a: &a [x]\n${"bcdefghij"
        .split("")
        .map((k, i) => `${k}: &${k} [${`*${"abcdefghi"[i]},`.repeat(9)}]`)
        .join("\n")}\nnames: *j`,
      /no YAML/,
    ],
  ])("YAML that %s is a problem", async (_name, yaml, sentence) => {
    const files = { "data.yaml": yaml, "images/a.png": picture, "labels/a.txt": `0 ${square}` };
    const { problems, drawn } = await readFiles(files);
    expect(problems[0]).toMatch(sentence);
    expect(drawn).toHaveLength(1);
  });
});
