import { crc32 } from "node:zlib";
import { describe, expect, it } from "vitest";
import {
  decodeEmbeddingRecord,
  type EmbeddingHeader,
  EmbeddingRecordError,
  encodeEmbeddingRecord,
  readEmbeddingHeader,
} from "./embedding-record.js";

const header: EmbeddingHeader = {
  imageId: "sha256:ä",
  modelId: "m",
  weights: "w",
  dtype: "float16",
  width: 4,
  height: 3,
  tensors: [
    { name: "one", dims: [1, 2, 2] },
    { name: "two", dims: [3] },
  ],
};
const tensors = [Uint16Array.of(1, 2, 3, 0xffff), Uint16Array.of(7, 8, 9)];
const record = encodeEmbeddingRecord(header, tensors);

/** A record with the checksum of what it now holds. */
function resealed(change: (bytes: Uint8Array) => void): Uint8Array {
  const bytes = Uint8Array.from(record);
  change(bytes);
  new DataView(bytes.buffer).setUint32(12, crc32(bytes.subarray(16)), true);
  return bytes;
}

describe("round trip", () => {
  it("gives back header and tensors", () => {
    expect(decodeEmbeddingRecord(record)).toEqual({ header, tensors });
    expect(readEmbeddingHeader(record)).toEqual(header);
  });

  it("takes tensors that are views into larger buffers", () => {
    const large = Uint16Array.of(0, 1, 2, 3, 0xffff, 0);
    const views = [large.subarray(1, 5), tensors[1] as Uint16Array];
    expect(encodeEmbeddingRecord(header, views)).toEqual(record);
  });

  it.each([0, 1, 2, 3, 8, 17])("reads a Uint8Array and a Buffer at offset %i", (offset) => {
    const large = new Uint8Array(record.length + offset + 5);
    large.set(record, offset);
    expect(decodeEmbeddingRecord(large.subarray(offset, offset + record.length)).tensors).toEqual(tensors);
    expect(decodeEmbeddingRecord(Buffer.from(large.buffer, offset, record.length)).tensors).toEqual(tensors);
  });

  it("reads from shared memory, as a worker does", () => {
    const shared = new Uint8Array(new SharedArrayBuffer(record.length));
    shared.set(record);
    expect(decodeEmbeddingRecord(shared).tensors.map((tensor) => [...tensor])).toEqual(tensors.map((one) => [...one]));
  });

  it("keeps an image without tensors", () => {
    const bare = { ...header, tensors: [] };
    expect(decodeEmbeddingRecord(encodeEmbeddingRecord(bare, []))).toEqual({ header: bare, tensors: [] });
  });
});

describe("records that cannot be used", () => {
  it("is cut short at any length", () => {
    for (let length = 0; length < record.length; length++) {
      expect(() => decodeEmbeddingRecord(record.subarray(0, length)), `${length} bytes`).toThrow(EmbeddingRecordError);
    }
  });

  it("has any one byte changed", () => {
    for (let at = 0; at < record.length; at++) {
      const damaged = Uint8Array.from(record);
      damaged[at] = (damaged[at] as number) ^ 0x10;
      expect(() => decodeEmbeddingRecord(damaged), `byte ${at}`).toThrow(EmbeddingRecordError);
    }
  });

  it("has bytes left over", () => {
    const longer = new Uint8Array(record.length + 2);
    longer.set(record);
    new DataView(longer.buffer).setUint32(12, crc32(longer.subarray(16)), true);
    expect(() => decodeEmbeddingRecord(longer)).toThrow("bytes left over");
  });

  it("is of another version, or no record at all", () => {
    const newer = resealed((bytes) => new DataView(bytes.buffer).setUint32(4, 2, true));
    expect(() => decodeEmbeddingRecord(newer)).toThrow("another version");
    expect(() => decodeEmbeddingRecord(new TextEncoder().encode("<html>not a record</html>"))).toThrow("not a record");
  });

  it.each(["null", "[]", "{}", '{"tensors":[{}]}', "no JSON"])("has the header %s under a right checksum", (json) => {
    const foreign = resealed((bytes) => {
      const length = new DataView(bytes.buffer).getUint32(8, true);
      bytes.fill(0x20, 16, 16 + length);
      bytes.set(new TextEncoder().encode(json), 16);
    });
    expect(() => decodeEmbeddingRecord(foreign)).toThrow(EmbeddingRecordError);
  });
});
