import { describe, expect, it } from "vitest";
import { encodePng } from "../png/encode-png.js";
import { readFiles } from "../testing/read-files.js";

const head = { version: "5.5.0", flags: {}, imagePath: "a.jpg", imageData: null, imageHeight: 4, imageWidth: 5 };
const shape = { label: "cat", group_id: null, flags: {}, description: "" };
const square = [
  [1, 1],
  [3, 1],
  [3, 3],
  [1, 3],
];
const fileOf = (shapes: object[], more: object = {}) => ({ ...head, shapes, ...more });

describe("shapes of LabelMe", () => {
  it.each<[string, object, string[]]>([
    ["polygon", { points: square }, [".....", ".##..", ".##..", "....."]],
    ["polygon without a type", { points: square, shape_type: undefined }, [".....", ".##..", ".##..", "....."]],
    [
      "rectangle",
      {
        points: [
          [3, 3],
          [1, 1],
        ],
      },
      [".....", ".##..", ".##..", "....."],
    ],
    // X-AnyLabeling's.
    ["rectangle", { points: square }, [".....", ".##..", ".##..", "....."]],
    ["rotation", { points: square }, [".....", ".##..", ".##..", "....."]],
    ["oriented_rectangle", { points: square }, [".....", ".##..", ".##..", "....."]],
    [
      "circle",
      {
        points: [
          [2.5, 2],
          [4, 2],
        ],
      },
      [".###.", ".###.", ".###.", ".###."].map((row, y) => (y === 0 || y === 3 ? "..#.." : row)),
    ],
  ])("%s", async (shape_type, more, rows) => {
    const { drawn, problems } = await readFiles({ "a.json": fileOf([{ ...shape, shape_type, ...more }]) });
    expect(problems).toEqual([]);
    expect(drawn).toEqual([["cat", ...rows]]);
  });

  it("mask: a cut-out at a place, of which part may lie outside", async () => {
    const png = await encodePng(Uint8Array.from([255, 0, 255, 255]), 2, 2);
    const mask = {
      ...shape,
      shape_type: "mask",
      points: [
        [4, 1],
        [5, 2],
      ],
      mask: png.toString("base64"),
    };
    const { drawn } = await readFiles({ "a.json": fileOf([mask]) });
    expect(drawn).toEqual([["cat", ".....", "....#", "....#", "....."]]);
  });

  it("of one group are parts of one object, if they have one label", async () => {
    const other = square.map(([x = 0, y = 0]) => [x + 2, y + 1]);
    const polygon = { ...shape, shape_type: "polygon" };
    const { drawn, objects } = await readFiles({
      "a.json": fileOf([
        { ...polygon, points: square, group_id: 1 },
        { ...polygon, points: square, group_id: 2 },
        { ...polygon, points: other, group_id: 1 },
        { ...polygon, points: square, group_id: 1, label: "dog" },
      ]),
    });
    expect(drawn.map(([label]) => label)).toEqual(["cat", "cat", "dog"]);
    expect(drawn[0]).toEqual(["cat", ".....", ".##..", ".####", "...##"]);
    expect(objects.map(({ sourceId }) => sourceId)).toEqual(["0", "1", "3"]);
  });
});

describe("files of LabelMe", () => {
  it("find their picture from where they are, by Windows' paths too, with its own data in them", async () => {
    const shapes = [{ ...shape, points: square, shape_type: "polygon", flags: { blurred: true }, description: "left" }];
    const { pictures, objects } = await readFiles({
      "set/json/a.json": fileOf(shapes, { imagePath: "..\\pictures\\a.jpg", imageData: "/9j/".repeat(1000) }),
      "set/pictures/a.jpg": "",
      "train/b.json": fileOf([], { imagePath: "b.png", flags: { night: true } }),
      "train/b.png": "",
      "c.json": fileOf([], { imagePath: "D:\\far\\away\\c.png" }),
      "c.png": "",
    });
    expect(pictures.map(({ name, file, split, attributes }) => [name, file, split, attributes])).toEqual([
      ["set/pictures/a.jpg", "set/pictures/a.jpg", undefined, {}],
      ["b.png", "train/b.png", "train", { night: "true" }],
      ["c.png", "c.png", undefined, {}],
    ]);
    expect(objects[0]?.attributes).toEqual({ blurred: "true", description: "left" });
  });

  it("may leave the size to the data set", async () => {
    const file = fileOf([{ ...shape, points: square, shape_type: "polygon" }], { imageHeight: null, imageWidth: null });
    const sizeOf = async (name: string) => (name === "a.jpg" ? { width: 5, height: 4 } : undefined);
    expect((await readFiles({ "a.json": file }, { sizeOf })).drawn).toHaveLength(1);
    expect((await readFiles({ "a.json": file })).problems).toEqual([
      "a.json:0 The file has no imageWidth and imageHeight, and its picture is not here.",
    ]);
  });

  it("say what is wrong, and the rest is read", async () => {
    const shapes = [
      {
        ...shape,
        shape_type: "line",
        points: [
          [1, 1],
          [2, 2],
        ],
      },
      { ...shape, shape_type: "point", points: [[1, 1]] },
      {
        ...shape,
        shape_type: "line",
        points: [
          [1, 1],
          [2, 2],
        ],
      },
      {
        ...shape,
        shape_type: "polygon",
        points: [
          [1, 1],
          [2, "x"],
        ],
      },
      {
        ...shape,
        shape_type: "mask",
        points: [
          [1, 1],
          [2, 2],
        ],
        mask: "bm8=",
      },
      { ...shape, shape_type: "polygon", label: "", points: square },
      { ...shape, shape_type: "polygon", points: square },
    ];
    const { drawn, problems } = await readFiles({
      "a.json": `{"imagePath": "a.jpg", "imageHeight": 4, "imageWidth": 5,\n"shapes": [\n${shapes.map((one) => JSON.stringify(one)).join(",\n")}]}`,
      "b.json": fileOf([], { imagePath: 5 }),
    });
    expect(drawn).toHaveLength(1);
    expect(problems).toEqual([
      "a.json:6 The shape has a point that is none.",
      "a.json:7 The file is no PNG.",
      "a.json:8 The shape has no label.",
      'a.json:3 Shapes of the type "line" have no pixels. There are 2 of them, the first one here.',
      'a.json:4 Shapes of the type "point" have no pixels.',
      "b.json:0 The file has no imagePath.",
    ]);
  });
});
