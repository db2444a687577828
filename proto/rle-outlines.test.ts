import { describe, expect, it } from "vitest";
import { bitmapToRle } from "./rle-bitmap.js";
import { type Outline, traceOutlines } from "./rle-outlines.js";

function outlinesOf(rows: string[]): Outline[] {
  const width = rows[0]!.length;
  const bitmap = Uint8Array.from(rows.join(""), (pixel) => (pixel === "#" ? 1 : 0));
  return traceOutlines(bitmapToRle(bitmap, width, rows.length));
}

/** Twice the area is a sum of whole quarters, so the numbers are exact. */
function signedArea(outline: Outline): number {
  let twice = 0;
  for (let i = 0; i < outline.length; i += 2) {
    const j = (i + 2) % outline.length;
    twice += outline[i]! * outline[j + 1]! - outline[j]! * outline[i + 1]!;
  }
  return twice / 2;
}

describe("traceOutlines", () => {
  it("finds nothing in an empty mask", () => {
    expect(outlinesOf(["....", "...."])).toEqual([]);
  });

  it("joins the middles of a lone pixel's sides", () => {
    const [outline, ...rest] = outlinesOf(["...", ".#.", "..."]);
    expect(rest).toEqual([]);
    expect([...outline!]).toEqual([1.5, 1, 2, 1.5, 1.5, 2, 1, 1.5]);
  });

  it("keeps straight sides straight up to the picture's edge", () => {
    const [outline] = outlinesOf(["###", "###", "###"]);
    expect(signedArea(outline!)).toBe(9 - 0.5);
  });

  it("walks a hole the other way round", () => {
    const outlines = outlinesOf([".....", ".###.", ".#.#.", ".###.", "....."]);
    expect(outlines.map(signedArea).sort((a, b) => a - b)).toEqual([-0.5, 8.5]);
  });

  it("closes pixels that touch at a corner", () => {
    const outlines = outlinesOf(["#.", ".#"]);
    const area = outlines.map(signedArea).reduce((sum, part) => sum + part, 0);
    expect(area).toBe(2 - 0.5 * outlines.length);
  });

  it("encloses every mask's area, less a half for each object and plus a half for each hole", () => {
    let seed = 7;
    const random = () => {
      seed = (seed * 1103515245 + 12345) % 2 ** 31;
      return seed / 2 ** 31;
    };
    for (let round = 0; round < 300; round++) {
      const width = 1 + Math.floor(random() * 12);
      const height = 1 + Math.floor(random() * 12);
      const share = random();
      const bitmap = Uint8Array.from({ length: width * height }, () => (random() < share ? 1 : 0));
      const pixels = bitmap.reduce((sum, pixel) => sum + pixel, 0);
      const areas = traceOutlines(bitmapToRle(bitmap, width, height)).map(signedArea);
      const objects = areas.filter((area) => area > 0).length;
      const holes = areas.length - objects;
      const enclosed = areas.reduce((sum, area) => sum + area, 0);
      expect(enclosed).toBeCloseTo(pixels - objects / 2 + holes / 2, 6);
    }
  });

  it("has one outline for a large wavy object, with a few points for each pixel of its length", () => {
    const [width, height] = [1600, 1200];
    const bitmap = new Uint8Array(width * height);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        bitmap[y * width + x] = Math.hypot(x - 800, y - 600) < 450 + 30 * Math.sin(x / 20) ? 1 : 0;
      }
    }
    const outlines = traceOutlines(bitmapToRle(bitmap, width, height));
    expect(outlines.filter((outline) => signedArea(outline) > 1000)).toHaveLength(1);
    expect(outlines[0]!.length).toBeLessThan(40_000);
  });
});
