import { create } from "@bufbuild/protobuf";
import { expect, it } from "vitest";
import { BoundingBoxSchema } from "../../../proto/index.js";
import { partAround } from "./paint-masks.js";

const size = { width: 1000, height: 600 };

it.each([
  ["room around a small object", [500, 300, 100, 60], [460, 270, 180, 120]],
  ["enough around one of a few pixels", [500, 300, 2, 2], [453, 269, 96, 64]],
  ["no more than the picture at its corner", [0, 0, 100, 60], [0, 0, 180, 120]],
  ["all of the picture where the object fills it", [10, 10, 980, 580], [0, 0, 1000, 600]],
])("shows %s", (_, [x, y, width, height], expected) => {
  const bbox = create(BoundingBoxSchema, { x: x!, y: y!, width: width!, height: height! });
  const part = partAround({ bbox }, size, 1.5);
  expect([part.x, part.y, part.width, part.height].map(Math.round)).toEqual(expected);
});
