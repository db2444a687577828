import { expect, it } from "vitest";
import { partAround } from "./paint-masks.js";

const size = { width: 1000, height: 600 };

it.each([
  ["room around a small object", [500, 300, 100, 60], [460, 270, 180, 120]],
  ["enough around one of a few pixels", [500, 300, 2, 2], [453, 269, 96, 64]],
  ["no more than the picture at its corner", [0, 0, 100, 60], [0, 0, 180, 120]],
  ["all of the picture where the object fills it, in its own form", [10, 10, 980, 580], [0, -33, 1000, 667]],
  ["all of its width, and of its height as much as has the form", [0, 300, 1000, 20], [0, -33, 1000, 667]],
])("shows %s", (_, [x, y, width, height], expected) => {
  const part = partAround({ x: x!, y: y!, width: width!, height: height! }, size, 1.5);
  expect([part.x, part.y, part.width, part.height].map(Math.round)).toEqual(expected);
});

it("shows all of a picture that is higher than wide between two empty sides", () => {
  const tall = { width: 600, height: 1000 };
  expect(partAround({ x: 0, y: 0, ...tall }, tall, 1.5)).toEqual({ x: -450, y: 0, width: 1500, height: 1000 });
});
