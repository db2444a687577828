import { create } from "@bufbuild/protobuf";
import { expect, it } from "vitest";
import { AnnotationSchema, ImageInfoSchema, sa1bAnnotation, sa1bRecord } from "./index.js";

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
  bbox: [1, 0, 2, 3],
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
  const image = create(ImageInfoSchema, { imageId: "sha256:a", width: 4, height: 3 });
  expect(sa1bRecord(image, "a.jpg", [annotation])).toEqual({
    image: { image_id: "sha256:a", width: 4, height: 3, file_name: "a.jpg" },
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
