import { describe, expect, it } from "vitest";
import { boundedLines, LongLineError } from "./bounded-lines.js";
import { ModelBuilder } from "./model-builder.js";

const cameras = ["# a remark", "1 PINHOLE 200 100 100 100 100 50", "", "7 SIMPLE_RADIAL 64 48 50 32 24 0.01"];
const images = [
  "# two lines a picture",
  "3 1 0 0 0 0 0 0 1 b 10.jpg",
  "1.5 2.5 -1 10 20 5",
  "2 1 0 0 0 0 0 0 7 b 9.jpg",
  "",
];
const points = ["5 1 2 3 10 20 30 0.5 3 1 2 0", "9 -1e-1 .5 4. 0 0 0 1 2 4 2 5"];

function build(parts: { cameras?: string[]; images?: string[]; points?: string[] } = {}) {
  const builder = new ModelBuilder();
  for (const line of parts.cameras ?? cameras) builder.camera(line);
  for (const line of parts.images ?? images) builder.view(line);
  for (const line of parts.points ?? points) builder.point(line);
  return builder.model();
}

it("reads COLMAP's three files, pictures in the order of their names", () => {
  const { views, places, colours } = build();
  expect(views.map(({ name, camera, points }) => [name, camera.width, [...points]])).toEqual([
    ["b 9.jpg", 64, [0, 1]],
    ["b 10.jpg", 200, [0]],
  ]);
  expect([...places]).toEqual([1, 2, 3, -0.1, 0.5, 4]);
  expect([...colours]).toEqual([10, 20, 30, 0, 0, 0]);
});

it("has names with spaces in them, and none around them", () => {
  const { views } = build({ images: ["  3 1 0 0  0 0 0\t0 1   b  10.jpg  ", "", "2 1 0 0 0 0 0 0 7 a.jpg"] });
  expect(views.map(({ name }) => name)).toEqual(["a.jpg", "b  10.jpg"]);
});

describe("refuses", () => {
  it.each([
    [
      "1 FULL_OPENCV 10 10 1 1 1 1",
      /"FULL_OPENCV" is not read; SIMPLE_PINHOLE, .* and OPENCV are, and colmap image_undistorter/,
    ],
    ["1 constructor 10 10 1", /is not read/],
    ["1 PINHOLE 10 10 1 1 1", /PINHOLE has 4 parameters, and here are 3/],
    ["1 PINHOLE 0 10 1 1 1 1", /no width/],
    ["1 PINHOLE 1e3 10 1 1 1 1", /the width is "1e3"/],
    ["1 PINHOLE 999999 10 1 1 1 1", /a whole number up to 100000/],
    ["1 PINHOLE 100000 100000 1 1 1 1", /a picture of 100000 x 100000; one has at most 268435456 pixels/],
    ["1 PINHOLE 10 10 0 1 1 1", /focal length/],
    ["1 PINHOLE 10 10 NaN 1 1 1", /"NaN", which is no number/],
    ["1 PINHOLE 10 10 0x10 1 1 1", /no number/],
    ["-1 PINHOLE 10 10 1 1 1 1", /the camera's number is "-1"/],
  ])("the camera %s", (line, message) => {
    expect(() => build({ cameras: [line] })).toThrow(message);
  });

  it.each([
    ["1 1 0 0 0 0 0 0 1", /not IMAGE_ID QW/],
    ["1 1 0 0 0 0 0 0 1 \t ", /not IMAGE_ID QW/],
    // Far below what would take a while, and refused by its length and not by what is in it.
    [`1 1 0 0 0 0 0 0 1 a${" ".repeat(5000)}b`, /a picture's line of more than 4096 characters/],
    ["1 0 0 0 0 0 0 0 1 a.jpg", /quaternion of no length/],
    ["1 1 0 0 0 0 0 Infinity 1 a.jpg", /no number/],
    ["1 1 0 0 0 0 0 0 2 a.jpg", /cameras.txt has no camera 2/],
    ["1 1 0 0 0 0 0 0 1 ../a.jpg", /leads out of the folder/],
    ["1 1 0 0 0 0 0 0 1 a/../../b.jpg", /leads out of the folder/],
    ["1 1 0 0 0 0 0 0 1 /etc/passwd", /leads out of the folder/],
    ["1 1 0 0 0 0 0 0 1 C:\\a.jpg", /leads out of the folder/],
  ])("the picture %s", (line, message) => {
    expect(() => build({ images: [line] })).toThrow(message);
  });

  it.each([
    ["1 0 0 0 0 0 0 1 3", /pairs of IMAGE_ID/],
    ["1 0 0 0 0 0 256 1 3 0", /the colour is "256"/],
    ["1 0 0 x 0 0 0 1 3 0", /the place has "x"/],
    [`1 0 0 ${"1".repeat(200)} 0 0 0 1 3 0`, /the place has "1{40}", which is no number/],
    ["1 0 0 0 0 0 0 1 8 0", /images.txt has no picture 8/],
  ])("the point %s", (line, message) => {
    expect(() => build({ points: [line] })).toThrow(message);
  });

  it("what is there twice", () => {
    expect(() => build({ cameras: [cameras[1]!, cameras[1]!] })).toThrow("camera 1 is there twice");
    expect(() => build({ images: [images[1]!, "", images[1]!] })).toThrow("picture 3 is there twice");
    expect(() => build({ images: [images[1]!, "", images[1]!.replace(/^3/, "4")] })).toThrow("b 10.jpg is there twice");
  });
});

it("takes lines apart wherever their bytes are cut, and ends one that is too long before it is there", async () => {
  const linesOf = async (chunks: string[], most = 10) => {
    const lines: string[] = [];
    for await (const line of boundedLines(bytesOf(chunks), most)) lines.push(line);
    return lines;
  };
  async function* bytesOf(chunks: string[]) {
    for (const chunk of chunks) yield Buffer.from(chunk);
  }
  expect(await linesOf(["a", "b\r", "\n\nc", "d\nend"])).toEqual(["ab", "", "cd", "end"]);
  expect(await linesOf(["0123456789\n"])).toEqual(["0123456789"]);
  let isAsked = false;
  async function* endless() {
    yield Buffer.from("0123456");
    yield Buffer.from("0123456");
    isAsked = true;
    yield Buffer.from("0123456");
  }
  const all = (async () => {
    for await (const _ of boundedLines(endless(), 10));
  })();
  await expect(all).rejects.toThrow(LongLineError);
  expect(isAsked).toBe(false);
});
