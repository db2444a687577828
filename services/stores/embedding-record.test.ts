import { randomBytes } from "node:crypto";
import { crc32 } from "node:zlib";
import { describe, expect, it } from "vitest";
import { type EmbeddingHeader, embeddingHeadBytes } from "../sam/embedding-record.js";
import { RecordError } from "../sam/record-error.js";
import { decodeEmbeddingRecord, encodeEmbeddingRecord, readEmbeddingHeader } from "./embedding-record.js";

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

const headerStart = 100;
const headerBytes = new DataView(record.buffer).getUint32(8, true);
const dataStart = headerStart + headerBytes;

/** A record with the checksums of what it now holds. */
function resealed(change: (bytes: Uint8Array) => void): Uint8Array {
  const bytes = Uint8Array.from(record);
  change(bytes);
  const view = new DataView(bytes.buffer);
  view.setUint32(12, crc32(bytes.subarray(dataStart)), true);
  view.setUint32(96, crc32(bytes.subarray(headerStart, dataStart), crc32(bytes.subarray(0, 96))), true);
  return bytes;
}

/** Why a record cannot be used. */
function faultOf(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    expect(error).toBeInstanceOf(RecordError);
    return (error as RecordError).fault;
  }
  return "none";
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
      const fault = faultOf(() => decodeEmbeddingRecord(record.subarray(0, length)));
      expect(fault, `${length} bytes`).toBe(length < headerStart ? "foreign" : "truncated");
    }
  });

  it("has any one bit changed", () => {
    for (let bit = 0; bit < 8 * record.length; bit++) {
      const damaged = Uint8Array.from(record);
      damaged[bit >> 3] = (damaged[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(
        faultOf(() => decodeEmbeddingRecord(damaged)),
        `bit ${bit}`,
      ).not.toBe("none");
      // The header is as safe when it is read alone.
      const isSafe = faultOf(() => readEmbeddingHeader(damaged)) !== "none";
      expect(isSafe, `bit ${bit}`).toBe(bit < 8 * dataStart);
    }
  });

  it("has random bytes anywhere, of any length, under our magic or not", () => {
    for (let round = 0; round < 2000; round++) {
      const noise = new Uint8Array(randomBytes(round % 300));
      if (round % 3 === 0) noise.set(record.subarray(0, Math.min(noise.length, round % dataStart)));
      expect(faultOf(() => decodeEmbeddingRecord(noise))).not.toBe("none");
    }
  });

  it("has bytes left over", () => {
    const longer = new Uint8Array(record.length + 2);
    longer.set(record);
    expect(faultOf(() => decodeEmbeddingRecord(longer))).toBe("truncated");
  });

  it("is of another version, or no record at all", () => {
    for (const version of [1, 2, 4]) {
      const other = resealed((bytes) => new DataView(bytes.buffer).setUint32(4, version, true));
      expect(faultOf(() => decodeEmbeddingRecord(other))).toBe("version");
    }
    const page = new TextEncoder().encode("<html>not a record</html>");
    expect(faultOf(() => decodeEmbeddingRecord(page))).toBe("foreign");
  });

  it.each(["null", "[]", "{}", '{"tensors":[{}]}', "no JSON"])("has the header %s under a right checksum", (json) => {
    const foreign = resealed((bytes) => {
      bytes.fill(0x20, headerStart, dataStart);
      bytes.set(new TextEncoder().encode(json), headerStart);
    });
    expect(faultOf(() => decodeEmbeddingRecord(foreign))).toBe("foreign");
  });

  it("claims more tensors than there are, under a right checksum", () => {
    const text = JSON.stringify({ ...header, tensors: [{ name: "one", dims: [1e9, 1e9] }] });
    expect(text.length).toBeLessThanOrEqual(headerBytes);
    const large = resealed((bytes) => {
      bytes.fill(0x20, headerStart, dataStart);
      bytes.set(new TextEncoder().encode(text), headerStart);
    });
    expect(faultOf(() => decodeEmbeddingRecord(large))).toBe("truncated");
  });
});

it("holds no header that is longer than what is read for one", () => {
  const long = { ...header, modelId: "m".repeat(embeddingHeadBytes) };
  expect(faultOf(() => decodeEmbeddingRecord(encodeEmbeddingRecord(long, tensors)))).toBe("truncated");
});

it.each([
  ["more pixels than can be counted", { width: 2 ** 31, height: 2 ** 31 }, "oversized"],
  ["one pixel more than a setting can allow", { width: 2 ** 32, height: 1 }, "oversized"],
  ["as many pixels as a setting can allow", { width: 2 ** 32 - 1, height: 1 }, "none"],
  ["a part that begins before the picture", { crop: { x: -1, y: 0, width: 1, height: 1 } }, "foreign"],
  ["a part over its edge", { crop: { x: 3, y: 0, width: 2, height: 1 } }, "foreign"],
  [
    "more tensors than any model has",
    { tensors: Array.from({ length: 17 }, () => ({ name: "", dims: [1] })) },
    "foreign",
  ],
  ["more dimensions than any tensor has", { tensors: [{ name: "", dims: [1, 1, 1, 1, 1, 1, 1, 1, 1] }] }, "foreign"],
])("takes a header with %s for what it is", (_name, changes, fault) => {
  const odd = { ...header, ...changes };
  const ones = odd.tensors.map(({ dims }) => new Uint16Array(dims.reduce((a, b) => a * b, 1)));
  expect(faultOf(() => decodeEmbeddingRecord(encodeEmbeddingRecord(odd, ones)))).toBe(fault);
});

it("reads its header from the first bytes alone", () => {
  const large = { ...header, tensors: [{ name: "one", dims: [1, 100_000] }] };
  const whole = encodeEmbeddingRecord(large, [new Uint16Array(100_000)]);
  expect(readEmbeddingHeader(whole.subarray(0, embeddingHeadBytes))).toEqual(large);
});
