import { crc32 } from "node:zlib";
import { z } from "zod";
import type { Region } from "../models/region.js";

/** Bumped when the bytes of a record change meaning; an older record is then a miss. */
const version = 1;
const magic = 0x4557_4d31; // "1MWE" little endian
const prefixBytes = 16;

const headerForm = z.object({
  imageId: z.string(),
  modelId: z.string(),
  weights: z.string(),
  dtype: z.literal("float16"),
  width: z.int().positive(),
  height: z.int().positive(),
  crop: z.object({ x: z.int(), y: z.int(), width: z.int().positive(), height: z.int().positive() }).optional(),
  tensors: z.array(z.object({ name: z.string(), dims: z.array(z.int().positive()) })),
});

export interface TensorInfo {
  name: string;
  dims: number[];
}

/** What a record says of itself. */
export interface EmbeddingHeader {
  imageId: string;
  modelId: string;
  /** Hex SHA-256 of the encoder's weights. */
  weights: string;
  dtype: "float16";
  /** Size of the upright picture in pixels. */
  width: number;
  height: number;
  /** The part of it that was encoded; all of it when absent. */
  crop?: Region | undefined;
  /** In the order in which their data follows. */
  tensors: TensorInfo[];
}

/** A record that cannot be used: foreign, damaged or from another version. Readers treat it as a miss. */
export class EmbeddingRecordError extends Error {
  override readonly name = "EmbeddingRecordError";
}

/**
 * Header and tensors as bytes: magic, version, length of the JSON header, CRC-32 of all that follows, the header, then the
 * tensors' float16 values, little endian, each from an even offset.
 * @param tensors one Uint16Array of half floats for each `header.tensors`, of the product of its dims.
 */
export function encodeEmbeddingRecord(header: EmbeddingHeader, tensors: Uint16Array[]): Uint8Array {
  const json = new TextEncoder().encode(JSON.stringify(header));
  const headerBytes = json.byteLength + (json.byteLength % 2);
  const dataBytes = tensors.reduce((sum, tensor) => sum + tensor.byteLength, 0);
  const record = new Uint8Array(prefixBytes + headerBytes + dataBytes);
  record.fill(0x20, prefixBytes + json.byteLength, prefixBytes + headerBytes);
  record.set(json, prefixBytes);
  let offset = prefixBytes + headerBytes;
  for (const tensor of tensors) {
    record.set(new Uint8Array(tensor.buffer, tensor.byteOffset, tensor.byteLength), offset);
    offset += tensor.byteLength;
  }
  const view = new DataView(record.buffer);
  view.setUint32(0, magic, true);
  view.setUint32(4, version, true);
  view.setUint32(8, headerBytes, true);
  view.setUint32(12, crc32(record.subarray(prefixBytes)), true);
  return record;
}

/**
 * The header alone, without touching the tensors.
 * @throws EmbeddingRecordError when the bytes are no record of this version.
 */
export function readEmbeddingHeader(record: Uint8Array): EmbeddingHeader {
  const view = new DataView(record.buffer, record.byteOffset, record.byteLength);
  if (record.byteLength < prefixBytes || view.getUint32(0, true) !== magic)
    throw new EmbeddingRecordError("not a record");
  if (view.getUint32(4, true) !== version) throw new EmbeddingRecordError("a record of another version");
  const end = prefixBytes + view.getUint32(8, true);
  if (end > record.byteLength) throw new EmbeddingRecordError("a record cut short");
  try {
    return headerForm.parse(JSON.parse(new TextDecoder().decode(record.subarray(prefixBytes, end))));
  } catch (cause) {
    throw new EmbeddingRecordError("a record with an unreadable header", { cause });
  }
}

/**
 * Header and tensors, verified.
 * @returns one Uint16Array of half floats for each `header.tensors`; views into `record` where alignment allows.
 * @throws EmbeddingRecordError when the bytes are damaged, cut short or no record of this version.
 */
export function decodeEmbeddingRecord(record: Uint8Array): { header: EmbeddingHeader; tensors: Uint16Array[] } {
  const header = readEmbeddingHeader(record);
  const view = new DataView(record.buffer, record.byteOffset, record.byteLength);
  if (crc32(record.subarray(prefixBytes)) !== view.getUint32(12, true)) {
    throw new EmbeddingRecordError("a record whose checksum is wrong");
  }
  let offset = prefixBytes + view.getUint32(8, true);
  const tensors = header.tensors.map(({ dims }) => {
    const length = dims.reduce((product, dim) => product * dim, 1);
    const end = offset + 2 * length;
    if (end > record.byteLength) throw new EmbeddingRecordError("a record cut short");
    const aligned = (record.byteOffset + offset) % 2 === 0;
    // Not `record.slice`: a Buffer's makes a view, which would keep the odd offset.
    const bytes = aligned ? record.subarray(offset, end) : new Uint8Array(record.subarray(offset, end));
    offset = end;
    return new Uint16Array(bytes.buffer, bytes.byteOffset, length);
  });
  if (offset !== record.byteLength) throw new EmbeddingRecordError("a record with bytes left over");
  return { header, tensors };
}
