import { describe, expect, it } from "vitest";
import { bitmapToRle, checkRuns, rleArea, rleToBitmap } from "../../../proto/index.js";
import { uniform } from "../rewrite/parity-prompts.js";
import { removeSmallRegions } from "./small-regions.js";

/** Pixels of one value that touch at a side or a corner, by flood fill. */
function regionsOf(bitmap: Uint8Array, width: number, height: number, value: number): number[][] {
  const seen = new Uint8Array(bitmap.length);
  const regions: number[][] = [];
  for (let start = 0; start < bitmap.length; start++) {
    if (seen[start] || bitmap[start] !== value) continue;
    const region: number[] = [];
    const open = [start];
    seen[start] = 1;
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      region.push(at);
      const [x, y] = [at % width, Math.floor(at / width)];
      for (const [dx, dy] of [-1, 0, 1].flatMap((a) => [-1, 0, 1].map((b) => [a, b] as const))) {
        const [nx, ny] = [x + dx, y + dy];
        const next = ny * width + nx;
        if (nx < 0 || ny < 0 || nx >= width || ny >= height || seen[next] || bitmap[next] !== value) continue;
        seen[next] = 1;
        open.push(next);
      }
    }
    regions.push(region);
  }
  return regions;
}

/** `remove_small_regions` for holes, then for islands. @returns undefined where the largest island is not one alone. */
function reference(bitmap: Uint8Array, width: number, height: number, minArea: number): Uint8Array | undefined {
  const filled = Uint8Array.from(bitmap);
  for (const hole of regionsOf(bitmap, width, height, 0)) {
    if (hole.length < minArea) for (const at of hole) filled[at] = 1;
  }
  const islands = regionsOf(filled, width, height, 1);
  const large = islands.filter(({ length }) => length >= minArea);
  const most = Math.max(0, ...islands.map(({ length }) => length));
  const largest = islands.filter(({ length }) => length === most);
  if (large.length === 0 && largest.length > 1) return undefined;
  const result = new Uint8Array(bitmap.length);
  for (const at of (large.length > 0 ? large : largest).flat()) result[at] = 1;
  return result;
}

const random = uniform(5);

function fromPicture(rows: string[]) {
  const width = rows[0]?.length ?? 0;
  return { width, height: rows.length, bitmap: Uint8Array.from(rows.join(""), (c) => (c === "#" ? 1 : 0)) };
}

function toPicture(bitmap: Uint8Array, width: number): string[] {
  const rows: string[] = [];
  for (let at = 0; at < bitmap.length; at += width) {
    rows.push(Array.from(bitmap.subarray(at, at + width), (value) => (value ? "#" : ".")).join(""));
  }
  return rows;
}

function clean(rows: string[], minArea: number): string[] {
  const { width, height, bitmap } = fromPicture(rows);
  return toPicture(rleToBitmap(removeSmallRegions(bitmapToRle(bitmap, width, height), minArea)), width);
}

describe("removeSmallRegions", () => {
  it("does what a flood fill does, on random bitmaps of every density", () => {
    let compared = 0;
    for (let round = 0; round < 400; round++) {
      const width = 1 + Math.floor(random() * 24);
      const height = 1 + Math.floor(random() * 24);
      const density = random();
      const bitmap = Uint8Array.from({ length: width * height }, () => (random() < density ? 1 : 0));
      const minArea = 1 + Math.floor(random() ** 2 * 60);
      const expected = reference(bitmap, width, height, minArea);
      if (!expected) continue;
      const cleaned = removeSmallRegions(bitmapToRle(bitmap, width, height), minArea);
      checkRuns(cleaned);
      expect(toPicture(rleToBitmap(cleaned), width)).toEqual(toPicture(expected, width));
      expect(rleArea(cleaned)).toBe(expected.reduce((sum, value) => sum + value, 0));
      compared++;
    }
    expect(compared).toBeGreaterThan(300);
  });

  it("takes pixels that touch at a corner for connected, in holes and islands alike", () => {
    expect(clean(["#....", ".#...", "....."], 3)).toEqual(["#....", ".#...", "....."]);
    expect(clean(["#..#.", ".#...", "....."], 2)).toEqual(["#....", ".#...", "....."]);
    expect(clean(["#####", "#.###", "##.##", "#####"], 3)).toEqual(["#####", "#####", "#####", "#####"]);
    expect(clean(["#####", "#.###", "##.##", "#####"], 2)).toEqual(["#####", "#.###", "##.##", "#####"]);
  });

  it("fills holes first: what they join is one island", () => {
    expect(clean(["###.###", "###.###"], 7)).toEqual(["#######", "#######"]);
  });

  it("keeps the largest when all are small, and gives back the very mask when nothing is", () => {
    expect(clean(["##..#", ".....", "....."], 9)).toEqual(["##...", ".....", "....."]);
    const mask = bitmapToRle(fromPicture(["##...", "##..."]).bitmap, 5, 2);
    expect(removeSmallRegions(mask, 4)).toBe(mask);
    const empty = bitmapToRle(new Uint8Array(12), 4, 3);
    expect(removeSmallRegions(empty, 4)).toBe(empty);
  });

  it("takes masks with more runs than a call takes arguments", () => {
    const [width, height] = [1000, 400];
    const bitmap = Uint8Array.from({ length: width * height }, (_, at) => Math.floor(at / width) % 2);
    const cleaned = removeSmallRegions(bitmapToRle(bitmap, width, height), 2);
    expect(rleArea(cleaned)).toBe((width * height) / 2);
  });
});
