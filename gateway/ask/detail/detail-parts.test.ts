import { expect, it } from "vitest";
import { DetailParts } from "./detail-parts.js";

const picture = (imageId: string) => ({ imageId, model: "" });
const part = (x: number) => ({ x, y: 0, width: 16, height: 16 });

it("Z6 has so many parts of a picture and of a session, and those that were had before for nothing", () => {
  const parts = new DetailParts({ perPicture: 2, perSession: 3 });
  expect([0, 16, 32, 16, 0].map((x) => parts.take(picture("a"), part(x)))).toEqual([true, true, false, true, true]);
  expect([0, 16, 0].map((x) => parts.take(picture("b"), part(x)))).toEqual([true, false, true]);
  expect(new DetailParts({ perPicture: 0, perSession: 0 }).take(picture("a"), part(0))).toBe(false);
});
