import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeHalf } from "../../../proto/index.js";
import { readNpy, writeNpy } from "./npy.js";

const what = "array";
const floats = (values: readonly number[]) => new Uint8Array(Float32Array.from(values).buffer);
const header = (text: string, version = 1) => {
  const length = Buffer.alloc(version === 1 ? 2 : 4);
  length.writeUIntLE(text.length, 0, length.length);
  return Buffer.concat([Buffer.from([0x93]), Buffer.from("NUMPY"), Buffer.of(version, 0), length, Buffer.from(text)]);
};
const text = (descr: string, shape: string, order = "False") =>
  `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': (${shape}), }\n`;

describe("X19 A file of NumPy's", () => {
  it("comes back with every bit of its numbers", () => {
    const sides = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(sides, fc.array(fc.float({ noNaN: false }), { minLength: 625, maxLength: 625 }), (shape, values) => {
        const count = shape.reduce((product, side) => product * side, 1);
        const data = floats(values.slice(0, count));
        const file = writeNpy({ kind: "<f4", shape }, data);
        // Numbers begin where a processor likes them to.
        expect((file.length - data.length) % 64).toBe(0);
        const read = readNpy(file, what, 625);
        expect(read.shape).toEqual(shape);
        expect(Buffer.from(read.values.buffer)).toEqual(Buffer.from(data));
      }),
    );
  });

  it.each([1, 2, 3])("is read in version %i.0", (version) => {
    const file = Buffer.concat([header(text("<f4", "2,"), version), floats([1, -2])]);
    expect([...readNpy(file, what, 2).values]).toEqual([1, -2]);
  });

  it.each([
    ["halves", "<f2", new Uint8Array(encodeHalf(Float32Array.of(0.5, -3)).buffer), [0.5, -3]],
    ["bytes", "|u1", Uint8Array.of(1, 0), [1, 0]],
  ] as const)("is read where it has %s", (_name, kind, data, values) => {
    expect([...readNpy(writeNpy({ kind, shape: [2] }, data), what, 2).values]).toEqual(values);
  });

  it.each<[string, Buffer, RegExp]>([
    ["nothing", Buffer.alloc(0), /no file of numpy/],
    ["something else", Buffer.from("PK\x03\x04 and so on"), /no file of numpy/],
    ["a later version", header(text("<f4", "1,"), 4), /no file of numpy/],
    ["objects of Python's", Buffer.concat([header(text("|O", "1,")), Buffer.from("\x80\x04K\x01.")]), /type "\|O"/],
    ["the other end first", Buffer.concat([header(text(">f4", "1,")), floats([1])]), /little endian/],
    ["Fortran's order", Buffer.concat([header(text("<f4", "1, 1", "True")), floats([1])]), /ascontiguousarray/],
    [
      "a header of code",
      header("{'descr': '<f4', 'fortran_order': __import__('os').system('true'), 'shape': (1,), }"),
      /as numpy/,
    ],
    ["a header that is cut off", header(text("<f4", "1,")).subarray(0, 40), /cut off/],
    ["a header without an end", header(" ".repeat(5000), 2), /too long/],
    ["more than is taken", header(text("<f4", "1000000, 1000000")), /at most 9 numbers/],
    ["sides beyond number", header(text("<f4", `${"9".repeat(40)}, ${"9".repeat(40)}`)), /at most 9 numbers/],
    ["no numbers", header(text("<f4", "0, 4")), /at most 9 numbers/],
    ["too many sides", Buffer.concat([header(text("<f4", "1, ".repeat(9))), floats([1])]), /at most 9 numbers/],
    ["less than it says", Buffer.concat([header(text("<f4", "2, 2")), floats([1, 2, 3])]), /12 bytes.*wants 16/],
    ["more than it says", Buffer.concat([header(text("<f4", "2,")), floats([1, 2, 3])]), /12 bytes.*wants 8/],
  ])("X3: is refused with %s", (_name, file, sentence) => {
    expect(() => readNpy(file, what, 9)).toThrow(sentence);
  });

  it("never fails in another way, whatever the bytes", () => {
    const good = writeNpy({ kind: "<f4", shape: [3] }, floats([1, 2, 3]));
    const changed = fc.tuple(fc.nat({ max: good.length - 1 }), fc.integer({ min: 0, max: 255 }));
    fc.assert(
      fc.property(fc.array(changed, { maxLength: 4 }), fc.nat({ max: good.length }), (changes, end) => {
        const file = Buffer.from(good.subarray(0, end));
        for (const [at, byte] of changes) if (at < file.length) file[at] = byte;
        try {
          expect(readNpy(file, what, 9).values.length).toBeLessThanOrEqual(9);
        } catch (error) {
          expect(error).toMatchObject({ name: "ServiceError" });
        }
      }),
      { numRuns: 500 },
    );
  });
});
