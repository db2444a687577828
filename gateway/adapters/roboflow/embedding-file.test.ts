import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { describe, expect, it } from "vitest";
import { decodeHalf, encodeHalf } from "../../../proto/index.js";
import { encodeEmbeddingRecord } from "../../../services/sam/embedding-record.js";
import { embeddingFile, pictureOfEmbedding } from "./embedding-file.js";
import { readNpy, writeNpy } from "./npy.js";

const imageId = `sha256:${"0123456789abcdef".repeat(4)}`;
const count = 256 * 64 * 64;
const halves = encodeHalf(Float32Array.from({ length: count }, (_, at) => Math.sin(at) * 2));
function recordOf(dims: number[][]): Uint8Array {
  const header = {
    imageId,
    modelId: "tiny",
    weights: "0".repeat(64),
    dtype: "float16" as const,
    width: 640,
    height: 480,
  };
  const tensors = dims.map((sides, at) => ({ name: `t${at}`, dims: sides }));
  const data = dims.map((sides) =>
    halves.slice(
      0,
      sides.reduce((product, side) => product * side, 1),
    ),
  );
  const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest();
  return encodeEmbeddingRecord({ ...header, tensors }, data, {
    crc32: (bytes, before = 0) => crc32(bytes, before),
    sha256,
  });
}
const file = embeddingFile(recordOf([[1, 256, 64, 64]]));

describe("X19 An embedding in a file of NumPy's", () => {
  it("has the numbers of the record, as float32, and names its picture", () => {
    const { kind, shape, values } = readNpy(file, "embedding", count);
    expect([kind, shape]).toEqual(["<f4", [1, 256, 64, 64]]);
    const exact = decodeHalf(halves);
    // As halves all of them are the same again.
    expect(encodeHalf(values)).toEqual(halves);
    expect(values.subarray(36)).toEqual(exact.subarray(36));
    expect(pictureOfEmbedding(file)).toBe(imageId);
  });

  it("is taken without its first side, too", () => {
    const { values } = readNpy(file, "embedding", count);
    expect(pictureOfEmbedding(writeNpy({ kind: "<f4", shape: [256, 64, 64] }, new Uint8Array(values.buffer)))).toBe(
      imageId,
    );
  });

  it.each<[string, (numbers: Float32Array) => Buffer, RegExp]>([
    [
      "that was changed",
      (numbers) => bytesOf(numbers.map((value, at) => (at === 5000 ? 1 : value))),
      /not made here, or were changed/,
    ],
    ["of another model", (numbers) => bytesOf(numbers.map((value) => value * 1.7)), /not made here/],
    ["of zeros", (numbers) => bytesOf(numbers.fill(0)), /not made here/],
    ["as halves", () => writeNpy({ kind: "<f2", shape: [1, 256, 64, 64] }, new Uint8Array(halves.buffer)), /float32/],
    [
      "of another shape",
      (numbers) => writeNpy({ kind: "<f4", shape: [64, 64, 256] }, new Uint8Array(numbers.buffer)),
      /256 x 64 x 64/,
    ],
  ])("is refused where it is one %s", (_name, change, sentence) => {
    const { values } = readNpy(file, "embedding", count);
    expect(() => pictureOfEmbedding(change(values))).toThrow(sentence);
  });

  it.each([
    [[[1, 256, 32, 32]]],
    [
      [
        [1, 256, 64, 64],
        [1, 32, 16, 16],
      ],
    ],
  ])("is none of a model with others: %j", (dims) => {
    expect(() => embeddingFile(recordOf(dims))).toThrow(/ask by image_id/);
  });
});

const bytesOf = (numbers: Float32Array) =>
  writeNpy({ kind: "<f4", shape: [1, 256, 64, 64] }, new Uint8Array(Float32Array.from(numbers).buffer));
