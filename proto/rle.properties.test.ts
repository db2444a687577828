import { create } from "@bufbuild/protobuf";
import fc from "fast-check";
import { expect, it } from "vitest";
import { AnnotationSchema } from "./index.js";
import {
  checkRuns,
  decodeCounts,
  decodeRle,
  encodeCounts,
  encodeRle,
  type MaskRuns,
  rleArea,
  rleBoundingBox,
  rleIou,
} from "./rle.js";
import { bitmapToRle, rleToBitmap } from "./rle-bitmap.js";
import { combineMasks, type MaskOperation } from "./rle-combine.js";
import { sa1bAnnotation, sa1bText } from "./sa1b.js";

/** Of one size, row by row, 0 and 1. */
const bitmaps = (count: number) =>
  fc.record({ width: fc.integer({ min: 1, max: 24 }), height: fc.integer({ min: 1, max: 24 }) }).chain((size) => {
    const pixels = fc.uint8Array({
      min: 0,
      max: 1,
      minLength: size.width * size.height,
      maxLength: size.width * size.height,
    });
    return fc.record({ ...constants(size), masks: fc.array(pixels, { minLength: count, maxLength: count }) });
  });
const constants = ({ width, height }: { width: number; height: number }) => ({
  width: fc.constant(width),
  height: fc.constant(height),
});
const pixelsOf = (mask: MaskRuns) => [...rleToBitmap(mask)];
const sum = (pixels: Iterable<number>) => [...pixels].reduce((all, pixel) => all + pixel, 0);

it("gives every bitmap back, over the wire too, with the area and the box that it has", () => {
  fc.assert(
    fc.property(bitmaps(1), ({ width, height, masks: [bitmap = new Uint8Array(0)] }) => {
      const mask = decodeRle(encodeRle(bitmapToRle(bitmap, width, height)));
      expect(pixelsOf(mask)).toEqual([...bitmap]);
      expect(rleArea(mask)).toBe(sum(bitmap));
      const inside = [...bitmap.keys()].filter((at) => bitmap[at]);
      const xs = inside.map((at) => at % width);
      const ys = inside.map((at) => Math.floor(at / width));
      const [x, y] = inside.length > 0 ? [Math.min(...xs), Math.min(...ys)] : [0, 0];
      const [right, bottom] = inside.length > 0 ? [Math.max(...xs) + 1, Math.max(...ys) + 1] : [0, 0];
      expect(rleBoundingBox(mask)).toEqual({ x, y, width: right - x, height: bottom - y });
    }),
  );
});

it("gives any runs back from counts", () => {
  const runs = fc.array(fc.nat(2 ** 28), { maxLength: 50 });
  fc.assert(
    fc.property(runs, (all) => {
      expect([...decodeCounts(encodeCounts(Uint32Array.from(all)))]).toEqual(all);
    }),
  );
});

it("combines masks as their bitmaps combine, and keeps the laws of sets", () => {
  const rules: Record<MaskOperation, (a: number, b: number) => number> = {
    union: (a, b) => a | b,
    intersection: (a, b) => a & b,
    difference: (a, b) => a & ~b,
  };
  fc.assert(
    fc.property(bitmaps(2), ({ width, height, masks }) => {
      const [one = new Uint8Array(0), two = new Uint8Array(0)] = masks;
      const [a, b] = [bitmapToRle(one, width, height), bitmapToRle(two, width, height)];
      for (const [operation, rule] of Object.entries(rules) as [MaskOperation, (a: number, b: number) => number][]) {
        const combined = combineMasks(a, b, operation);
        checkRuns(combined);
        expect(pixelsOf(combined)).toEqual([...one].map((pixel, at) => rule(pixel, two[at] as number)));
      }
      const both = combineMasks(a, b, "intersection");
      const either = combineMasks(a, b, "union");
      expect(rleArea(both) + rleArea(either)).toBe(rleArea(a) + rleArea(b));
      expect(rleIou(a, b)).toBe(rleArea(either) === 0 ? 0 : rleArea(both) / rleArea(either));
      expect(rleIou(a, b)).toBe(rleIou(b, a));
      // The two ways to say what is in neither of two differences.
      const apart = combineMasks(combineMasks(a, b, "difference"), combineMasks(b, a, "difference"), "union");
      expect(pixelsOf(apart)).toEqual(pixelsOf(combineMasks(either, both, "difference")));
    }),
  );
});

it("takes any counts and any size for a mask that holds together, or says in one sentence why not", () => {
  const counts = fc.oneof(
    fc.string(),
    fc.string({ unit: fc.integer({ min: 48, max: 111 }).map((code) => String.fromCharCode(code)) }),
  );
  const sides = fc.oneof(fc.nat(40), fc.integer(), fc.double());
  fc.assert(
    fc.property(fc.array(sides, { maxLength: 4 }), counts, (size, text) => {
      let mask: MaskRuns;
      try {
        mask = decodeRle({ size, counts: text });
      } catch (error) {
        expect(error).toBeInstanceOf(RangeError);
        expect((error as Error).message).toMatch(/^The mask's .{1,200}\.$/);
        return;
      }
      checkRuns(mask);
      expect(decodeRle(encodeRle(mask))).toEqual(mask);
    }),
    { numRuns: 2000 },
  );
});

it("writes annotations for SA-1B whose area, box and segmentation are of the same pixels", () => {
  fc.assert(
    fc.property(bitmaps(1), fc.nat(), ({ width, height, masks: [bitmap = new Uint8Array(0)] }, id) => {
      const mask = bitmapToRle(bitmap, width, height);
      const message = { rle: encodeRle(mask), area: rleArea(mask), bbox: rleBoundingBox(mask) };
      const annotation = sa1bAnnotation(create(AnnotationSchema, { id, mask: message }));
      const read = decodeRle(annotation.segmentation);
      const box = rleBoundingBox(read);
      const [x, y, w, h] = [box.x, box.y, Math.max(0, box.width - 1), Math.max(0, box.height - 1)];
      expect(annotation).toMatchObject({ id, area: rleArea(read), bbox: [x, y, w, h] });
      expect(pixelsOf(read)).toEqual([...bitmap]);
      expect(JSON.parse(sa1bText(annotation))).toEqual(annotation);
    }),
  );
});
