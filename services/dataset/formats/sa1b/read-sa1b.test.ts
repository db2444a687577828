import { expect, it } from "vitest";
import { readFiles } from "../testing/read-files.js";

const image = { image_id: 223750, width: 4, height: 3, file_name: "sa_223750.jpg" };
const annotation = {
  id: 561486,
  segmentation: { size: [3, 4], counts: "42102" },
  bbox: [1, 1, 1, 1],
  area: 4,
  predicted_iou: 0.9,
  stability_score: 0.95,
  point_coords: [[1.5, 1.5]],
  crop_box: [0, 0, 4, 3],
};

it("reads a published record, with its scores", async () => {
  const { pictures, objects, drawn, problems } = await readFiles({
    "sa_223750.json": { image, annotations: [annotation] },
    "sa_223750.jpg": "",
  });
  expect(problems).toEqual([]);
  expect(pictures).toEqual([{ name: "sa_223750.jpg", file: "sa_223750.jpg", width: 4, height: 3, attributes: {} }]);
  expect(drawn).toEqual([[undefined, "....", ".##.", ".##."]]);
  expect(objects[0]).toMatchObject({
    sourceId: "561486",
    predictedIou: 0.9,
    stabilityScore: 0.95,
    point: { x: 1.5, y: 1.5 },
    cropBox: { x: 0, y: 0, width: 4, height: 3 },
  });
});

it("reads what Maskwire wrote before: a digest for a number, COCO's boxes, the words' score", async () => {
  const before = { ...annotation, id: 3, bbox: [1, 1, 2, 2], predicted_iou: 1, words_score: 0.5 };
  const record = { annotations: [before], image: { ...image, image_id: `sha256:${"0".repeat(64)}` } };
  const { drawn, problems } = await readFiles({ "all.json": record });
  expect([problems, drawn.length]).toEqual([[], 1]);
});

it("reads the rest of a record with what is wrong", async () => {
  const broken = [{ ...annotation, id: 1, segmentation: {} }, annotation, { id: 2 }];
  const { objects, problems } = await readFiles({
    "a.json": `{"image": ${JSON.stringify(image)},\n"annotations": [\n${broken.map((one) => JSON.stringify(one)).join(",\n")}]}`,
    "b.json": { image: { file_name: "b.jpg" }, annotations: [annotation] },
  });
  expect(objects).toHaveLength(1);
  expect(problems).toEqual([
    "a.json:3 The mask's size is undefined x undefined, the picture's 3 x 4.",
    "a.json:5 The segmentation is not an object.",
    "b.json:1 The image has no width.",
    "b.json:0 The file has no image.",
  ]);
});
