import { create } from "@bufbuild/protobuf";
import { expect, it } from "vitest";
import { AnnotationSchema, ImageInfoSchema, sa1bAnnotation, sa1bImageId, sa1bRecord, sa1bText } from "./index.js";

const annotation = create(AnnotationSchema, {
  id: 7,
  mask: {
    rle: { size: [3, 4], counts: "152" },
    bbox: { x: 1, y: 0, width: 2, height: 3 },
    area: 6,
    predictedIou: 0.5,
    stabilityScore: 0.75,
  },
  point: { x: 2.5, y: 1.5, label: 1 },
  cropBox: { x: 0, y: 0, width: 4, height: 3 },
});

const record = {
  id: 7,
  segmentation: { size: [3, 4], counts: "152" },
  bbox: [1, 0, 1, 2],
  area: 6,
  predicted_iou: 0.5,
  stability_score: 0.75,
  point_coords: [[2.5, 1.5]],
  crop_box: [0, 0, 4, 3],
};

it("writes an annotation with the field names of the SA-1B data set", () => {
  expect(sa1bAnnotation(annotation)).toEqual(record);
});

it("writes a picture's record", () => {
  const image = create(ImageInfoSchema, { imageId: `sha256:${"0123456789abcdef".repeat(4)}`, width: 4, height: 3 });
  expect(sa1bRecord(image, "a.jpg", [annotation])).toEqual({
    image: { image_id: 0x0123456789abc, width: 4, height: 3, file_name: "a.jpg" },
    annotations: [record],
  });
});

it("writes zeros for what a message leaves out", () => {
  expect(sa1bAnnotation(create(AnnotationSchema, { id: 1 }))).toMatchObject({
    segmentation: { size: [0, 0], counts: "" },
    bbox: [0, 0, 0, 0],
    point_coords: [],
  });
});

it("writes floats as floats, and what is none as it is", () => {
  const whole = sa1bAnnotation(annotation);
  const text = sa1bText({
    image: { image_id: 7, width: 4, height: 3, file_name: 'a "1".jpg' },
    annotations: [{ ...whole, predicted_iou: 1, stability_score: 1e-7, point_coords: [[2, 1.5]] }],
  });
  expect(text).toBe(
    '{"image":{"image_id":7,"width":4,"height":3,"file_name":"a \\"1\\".jpg"},"annotations":[' +
      '{"id":7,"segmentation":{"size":[3,4],"counts":"152"},"bbox":[1.0,0.0,1.0,2.0],"area":6,"predicted_iou":1.0,' +
      '"stability_score":1e-7,"point_coords":[[2.0,1.5]],"crop_box":[0.0,0.0,4.0,3.0]}]}',
  );
});

it("has a whole number for every picture, the same each time", () => {
  const id = sa1bImageId(`sha256:${"f".repeat(64)}`);
  expect([id, Number.isSafeInteger(id)]).toEqual([2 ** 52 - 1, true]);
  expect(sa1bImageId("")).toBe(0);
});
