import fc from "fast-check";
import { expect, it } from "vitest";
import { ArrivingParts, bytesOf } from "./file-parts.js";

const bytes = (count: number, from = 0) => Uint8Array.from({ length: count }, (_, i) => (from + i) % 251);

it("keeps the bytes in their order, whatever pieces they come in, in little more memory", () => {
  const sizes = fc.array(fc.oneof(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 32_000, max: 70_000 })), {
    maxLength: 12,
  });
  fc.assert(
    fc.property(sizes, (lengths) => {
      const file = bytes(lengths.reduce((sum, length) => sum + length, 0));
      const arriving = new ArrivingParts();
      let at = 0;
      for (const length of lengths) {
        arriving.add(file.subarray(at, at + length));
        at += length;
      }
      const parts = arriving.end();
      expect(bytesOf(parts)).toBe(file.length);
      expect(Buffer.concat(parts).equals(file)).toBe(true);
      const copies = parts.filter(({ buffer }) => buffer !== file.buffer);
      expect(copies.reduce((sum, { buffer }) => sum + buffer.byteLength, 0)).toBeLessThanOrEqual(
        file.length + 64 * 1024,
      );
    }),
    { numRuns: 50 },
  );
});

it("copies small pieces together, and leaves large ones where they are", () => {
  const arriving = new ArrivingParts();
  const large = bytes(100_000);
  arriving.add(large);
  for (let i = 0; i < 1000; i++) arriving.add(bytes(1, i));
  const [first, second, ...more] = arriving.end();
  expect(first?.buffer).toBe(large.buffer);
  expect([second?.byteLength, more]).toEqual([1000, []]);
});

it("has no parts of a file without bytes", () => {
  const arriving = new ArrivingParts();
  arriving.add(new Uint8Array(0));
  expect(arriving.end()).toEqual([]);
});
