import { describe, expect, it } from "vitest";
import { rleToBitmap } from "../../proto/index.js";
import { softAlpha, softBox, softEdgePx } from "./soft-alpha.js";
import { corner, picture, ring } from "./testing/fixtures.js";

const whole = { ...ring.box, x: 0, y: 0, width: picture.width, height: picture.height };
const at = (x: number, y: number) => y * picture.width + x;

describe("the soft edge", () => {
  it("is full inside, nothing outside, and passes from one to the other over the outline", () => {
    const alpha = softAlpha(ring.runs, whole, 2);
    expect([alpha[at(40, 40)], alpha[at(62, 38)], alpha[at(5, 5)]]).toEqual([255, 0, 0]);
    const across = Array.from({ length: 14 }, (_, i) => alpha[at(24 + i, 40)]!);
    expect(across).toEqual(across.toSorted((a, b) => a - b));
    expect(across.filter((value) => value > 0 && value < 255).length).toBeGreaterThanOrEqual(4);
  });

  it("has its middle on the outline: a threshold gives the mask back, but for corners", () => {
    const alpha = softAlpha(ring.runs, whole, 1);
    const bitmap = rleToBitmap(ring.runs);
    const wrong = bitmap.filter((inside, i) => alpha[i]! > 127 !== (inside === 1)).length;
    expect(wrong / ring.mask.area).toBeLessThan(0.005);
    const sum = alpha.reduce((total, value) => total + value, 0) / 255;
    expect(Math.abs(sum / ring.mask.area - 1)).toBeLessThan(0.01);
  });

  it("does not fade where the picture ends", () => {
    const alpha = softAlpha(corner.runs, whole, 2);
    expect([alpha[at(119, 79)], alpha[at(110, 79)], alpha[at(119, 70)]]).toEqual([255, 255, 255]);
  });

  it("is the same in a part of the picture", () => {
    const part = softBox(corner.box, picture);
    const edge = softEdgePx(picture);
    const all = softAlpha(corner.runs, whole, edge);
    const some = softAlpha(corner.runs, part, edge);
    expect(part.x + part.width).toBe(picture.width);
    for (let y = 0; y < part.height; y++) {
      const row = some.subarray(y * part.width, (y + 1) * part.width);
      expect(row).toEqual(all.subarray(at(part.x, part.y + y), at(part.x, part.y + y) + part.width));
    }
  });

  it("is wider in a larger picture", () => {
    expect([softEdgePx({ width: 800, height: 600 }), softEdgePx({ width: 4_000, height: 3_000 })]).toEqual([1, 3]);
  });
});
