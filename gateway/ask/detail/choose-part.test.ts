import { create, type MessageInitShape } from "@bufbuild/protobuf";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BoundingBoxSchema, PromptSchema } from "../../../proto/index.js";
import type { PictureSize, Region } from "../region.js";
import { choosePart, isPart } from "./choose-part.js";
import { isOnLattice, onLattice } from "./lattice.js";

const photo = { width: 4000, height: 3000 };
const boxOf = (region: Region) => create(BoundingBoxSchema, region);
const part = (box: Region, prompt: MessageInitShape<typeof PromptSchema> = {}, picture: PictureSize = photo) =>
  choosePart(boxOf(box), create(PromptSchema, prompt), picture);
const holds = (outer: Region, inner: Region) =>
  outer.x <= inner.x &&
  outer.y <= inner.y &&
  outer.x + outer.width >= inner.x + inner.width &&
  outer.y + outer.height >= inner.y + inner.height;

/** A picture and something wanted of it. */
const wishes = fc
  .tuple(
    fc.integer({ min: 20, max: 9000 }),
    fc.integer({ min: 20, max: 9000 }),
    fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 4, maxLength: 4 }),
  )
  .map(([width, height, [a, b, c, d]]) => {
    const [w, h] = [Math.max(1, (c as number) * width), Math.max(1, (d as number) * height)];
    return {
      picture: { width, height },
      wanted: { x: (a as number) * (width - w), y: (b as number) * (height - h), width: w, height: h },
    };
  });

describe("the lattice of parts", () => {
  it("Z3 holds what is wanted, inside the picture, in whole pixels, at most a quarter larger each way beside its pitch", () => {
    fc.assert(
      fc.property(wishes, ({ picture, wanted }) => {
        const found = onLattice(wanted, picture);
        expect(holds(found, wanted)).toBe(true);
        expect(holds({ x: 0, y: 0, ...picture }, found)).toBe(true);
        expect(Object.values(found).every(Number.isInteger)).toBe(true);
        const longer = Math.max(wanted.width, wanted.height);
        expect(Math.max(found.width, found.height)).toBeLessThanOrEqual(longer + 2 * Math.max(16, longer / 8));
        expect(isOnLattice(found, picture)).toBe(true);
      }),
    );
  });

  it("Z3 gives neighbours the same part", () => {
    const one = onLattice({ x: 1010, y: 700, width: 300, height: 200 }, photo);
    expect(one).toEqual({ x: 992, y: 672, width: 320, height: 256 });
    expect(onLattice({ x: 1003, y: 690, width: 305, height: 231 }, photo)).toEqual(one);
  });

  it.each<[string, Region]>([
    ["beside it", { x: 1000, y: 672, width: 320, height: 256 }],
    ["too fine for its size", { x: 16, y: 16, width: 1024, height: 1024 }],
    ["of another picture", { x: 3840, y: 2944, width: 320, height: 256 }],
    ["empty", { x: 0, y: 0, width: 0, height: 16 }],
  ])("Z7 knows a part that is %s", (_name, region) => {
    expect(isOnLattice(region, photo)).toBe(false);
  });
});

it.each<[string, Region]>([
  ["small", { x: 1024, y: 1024, width: 16, height: 16 }],
  ["thin", { x: 0, y: 0, width: 512, height: 128 }],
  ["most of the picture", { x: 0, y: 0, width: 3072, height: 2816 }],
])("Z7 knows that no answer can have named a part that is %s", (_name, region) => {
  expect(isOnLattice(region, photo)).toBe(true);
  expect(isPart(region, photo)).toBe(false);
});

it("Z7 knows each part that an answer may have named", () => {
  fc.assert(
    fc.property(wishes, ({ picture, wanted: { x, y, width, height } }) => {
      const [left, top] = [Math.floor(x), Math.floor(y)];
      const chosen = part({ x: left, y: top, width: Math.ceil(width), height: Math.ceil(height) }, {}, picture);
      expect(chosen === undefined || isPart(chosen, picture)).toBe(true);
    }),
  );
});

describe("the part for an object", () => {
  it("Z3 holds its mask, its box and the points on it with 0.6 of its size around, and ends with the picture", () => {
    const box = { x: 2000, y: 1500, width: 300, height: 200 };
    const found = part(box) as Region;
    expect(holds(found, { x: 1820, y: 1380, width: 660, height: 440 })).toBe(true);
    expect(found.width * found.height).toBeLessThan(1.5 * 660 * 440);
    const points = [
      { x: 2600, y: 1600 },
      { x: 100, y: 100, label: 0 },
    ];
    expect(holds(part(box, { points }) as Region, { x: 1640, y: 1380, width: 1320, height: 440 })).toBe(true);
    const drawn = { x0: 2500, y0: 1900, x1: 1900, y1: 1400 };
    expect(holds(part(box, { box: drawn }) as Region, { x: 1540, y: 1100, width: 1320, height: 1100 })).toBe(true);
    expect(part({ x: 3800, y: 2900, width: 200, height: 100 })).toEqual({ x: 3552, y: 2720, width: 448, height: 280 });
  });

  it("Z3 is no smaller than 256 pixels, nor a sliver", () => {
    expect(part({ x: 2000, y: 1500, width: 8, height: 8 })).toEqual({ x: 1856, y: 1376, width: 288, height: 256 });
    const pole = part({ x: 2000, y: 500, width: 10, height: 800 }) as Region;
    expect(pole.width / pole.height).toBeGreaterThan(0.25);
  });

  it("Z3 is none where it would not show the object 1.5 times as large, or there is none", () => {
    expect(part({ x: 1000, y: 1000, width: 1300, height: 400 })).toBeUndefined();
    expect(part({ x: 10, y: 10, width: 40, height: 40 }, {}, { width: 300, height: 200 })).toBeUndefined();
    expect(part({ x: 0, y: 0, width: 0, height: 0 })).toBeUndefined();
  });
});
