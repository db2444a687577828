import { isPictureReading, type PictureReading } from "./picture-reading.js";
import { RecordError } from "./record-error.js";
import type { Region } from "./region.js";

/** CRC-32 of some bytes, going on from that of bytes before them. A platform's own is many times faster than one in JavaScript. */
export type Crc32 = (bytes: Uint8Array, before?: number) => number;

/** SHA-256 of some bytes: 32 of them. */
export type Sha256 = (bytes: Uint8Array) => Uint8Array;

/** Bumped when the bytes of a record change meaning. Part of every key: versions of a rolling upgrade do not meet. */
export const embeddingRecordVersion = 3;
const magic = 0x4557_4d31; // "1MWE" little endian
/**
 * Magic, version, length of the header, CRC-32 and SHA-256 of the tensors, the signature of all before and of the header
 * (zeros where there is none), CRC-32 of everything but the tensors. Who trusts the header trusts the tensors' SHA-256: a
 * record is believed by its first bytes, and its tensors are hashed where they are used.
 */
const at = { magic: 0, version: 4, headerBytes: 8, dataCrc: 12, dataSha256: 16, signature: 48, headerCrc: 96 };
const prefixBytes = 100;
/** Node and every browser have them, and the language's own library does not name them. */
declare const TextEncoder: new () => { encode(text: string): Uint8Array };
declare const TextDecoder: new () => { decode(bytes: Uint8Array): string };
const textDecoder = new TextDecoder();
/** A header is of a few hundred bytes; this many hold it, and the prefix, in one read. No header is longer. */
export const embeddingHeadBytes = 4096;
/** Of the largest picture whose pixels a setting can allow. */
const mostPixels = 0xffff_ffff;
const most = { tensors: 16, dims: 8 };

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
  /** How much of the model's frame is encoded of every picture (`EncoderFrame`); absent in records from before there was a choice. */
  frame?: string | undefined;
  /** Size of the upright picture in pixels. */
  width: number;
  height: number;
  /** The part of it that was encoded; all of it when absent. */
  crop?: Region | undefined;
  /** It is a draft, of a smaller frame than the model's. */
  draft?: true | undefined;
  /** How the file was read; absent in records that were made before this was told. */
  reading?: PictureReading | undefined;
  /** In the order in which their data follows. */
  tensors: TensorInfo[];
}

/**
 * Header and tensors as bytes: the prefix, the header as JSON, then the tensors' float16 values, little endian, each from
 * an even offset.
 * @param tensors one Uint16Array of half floats for each `header.tensors`, of the product of its dims.
 */
export function encodeEmbeddingRecord(
  header: EmbeddingHeader,
  tensors: Uint16Array[],
  { crc32, sha256 }: { crc32: Crc32; sha256: Sha256 },
): Uint8Array {
  const json = new TextEncoder().encode(JSON.stringify(header));
  const headerBytes = json.byteLength + (json.byteLength % 2);
  const dataStart = prefixBytes + headerBytes;
  const dataBytes = tensors.reduce((sum, tensor) => sum + tensor.byteLength, 0);
  const record = new Uint8Array(dataStart + dataBytes);
  record.fill(0x20, prefixBytes + json.byteLength, dataStart);
  record.set(json, prefixBytes);
  let offset = dataStart;
  for (const tensor of tensors) {
    record.set(new Uint8Array(tensor.buffer, tensor.byteOffset, tensor.byteLength), offset);
    offset += tensor.byteLength;
  }
  const view = viewOf(record);
  view.setUint32(at.magic, magic, true);
  view.setUint32(at.version, embeddingRecordVersion, true);
  view.setUint32(at.headerBytes, headerBytes, true);
  view.setUint32(at.dataCrc, crc32(record.subarray(dataStart)), true);
  record.set(sha256(record.subarray(dataStart)), at.dataSha256);
  view.setUint32(at.headerCrc, headerCrc(record, dataStart, crc32), true);
  return record;
}

/**
 * The header alone, verified by a checksum of its own.
 * @param start the record, or its first `embeddingHeadBytes`.
 * @throws RecordError when the bytes are no record of this version.
 */
export function readEmbeddingHeader(start: Uint8Array, crc32: Crc32): EmbeddingHeader {
  const view = viewOf(start);
  if (start.byteLength < prefixBytes || view.getUint32(at.magic, true) !== magic) throw new RecordError("foreign");
  if (view.getUint32(at.version, true) !== embeddingRecordVersion) throw new RecordError("version");
  const end = prefixBytes + view.getUint32(at.headerBytes, true);
  if (end > start.byteLength || end > embeddingHeadBytes) throw new RecordError("truncated");
  if (headerCrc(start, end, crc32) !== view.getUint32(at.headerCrc, true)) throw new RecordError("checksum");
  const header = parse(start.subarray(prefixBytes, end));
  if (!isHeader(header)) throw new RecordError("foreign");
  if (header.width * header.height > mostPixels) throw new RecordError("oversized");
  if (header.crop && !isPartOf(header.crop, header)) throw new RecordError("foreign");
  return header;
}

function parse(json: Uint8Array): unknown {
  try {
    return JSON.parse(textDecoder.decode(json));
  } catch (cause) {
    throw new RecordError("foreign", { cause });
  }
}

/** By hand: this runs on the way of every embedding that is read, where a schema library costs as much as the checksum. */
function isHeader(value: unknown): value is EmbeddingHeader {
  if (!isObject(value)) return false;
  const { imageId, modelId, weights, dtype, frame, width, height, crop, draft, reading, tensors } = value;
  return (
    [imageId, modelId, weights].every((text) => typeof text === "string") &&
    dtype === "float16" &&
    (frame === undefined || typeof frame === "string") &&
    [width, height].every(isLength) &&
    (crop === undefined || isRegion(crop)) &&
    (draft === undefined || draft === true) &&
    (reading === undefined || isPictureReading(reading)) &&
    Array.isArray(tensors) &&
    tensors.length <= most.tensors &&
    tensors.every(isTensor)
  );
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;

const isLength = (value: unknown) => Number.isSafeInteger(value) && (value as number) > 0;

const isTensor = (value: unknown) =>
  isObject(value) &&
  typeof value.name === "string" &&
  Array.isArray(value.dims) &&
  value.dims.length <= most.dims &&
  value.dims.every(isLength);

const isRegion = (value: unknown) =>
  isObject(value) && [value.x, value.y].every(Number.isSafeInteger) && [value.width, value.height].every(isLength);

const isPartOf = ({ x, y, width, height }: Region, picture: EmbeddingHeader) =>
  x >= 0 && y >= 0 && x + width <= picture.width && y + height <= picture.height;

/** A record's signature, and what it is of. Views into the record, whose header has to be read first. */
export function signatureOf(record: Uint8Array): { signed: Uint8Array[]; signature: Uint8Array } {
  const end = prefixBytes + viewOf(record).getUint32(at.headerBytes, true);
  return {
    signed: [record.subarray(0, at.signature), record.subarray(prefixBytes, end)],
    signature: record.subarray(at.signature, at.headerCrc),
  };
}

/** Puts another signature into a record, in place. */
export function setSignature(record: Uint8Array, signature: Uint8Array, crc32: Crc32): void {
  signatureOf(record).signature.fill(0);
  record.set(signature.subarray(0, at.headerCrc - at.signature), at.signature);
  const view = viewOf(record);
  const end = prefixBytes + view.getUint32(at.headerBytes, true);
  view.setUint32(at.headerCrc, headerCrc(record, end, crc32), true);
}

/**
 * The header, verified, of a record that is as long as it must be. Its tensors may be damaged all the same.
 * @throws RecordError when the bytes are cut short or no record of this version.
 */
export function readWholeHeader(record: Uint8Array, crc32: Crc32): EmbeddingHeader {
  return layOut(record, crc32).header;
}

function layOut(record: Uint8Array, crc32: Crc32) {
  const header = readEmbeddingHeader(record, crc32);
  const dataStart = prefixBytes + viewOf(record).getUint32(at.headerBytes, true);
  const lengths = header.tensors.map(({ dims }) => dims.reduce((product, dim) => product * dim, 1));
  const size = dataStart + lengths.reduce((sum, length) => sum + 2 * length, 0);
  if (size !== record.byteLength) throw new RecordError("truncated");
  return { header, dataStart, lengths };
}

/**
 * Header and tensors, verified. That of a signature is another's.
 * @param sha256 verifies the tensors of a signed record, in the place of their CRC: a forger can make that fit.
 * @returns one Uint16Array of half floats for each `header.tensors`; views into `record` where alignment allows.
 * @throws RecordError when the bytes are damaged, cut short or no record of this version.
 */
export function decodeEmbeddingRecord(
  record: Uint8Array,
  crc32: Crc32,
  sha256?: Sha256,
): { header: EmbeddingHeader; tensors: Uint16Array[] } {
  const { header, dataStart, lengths } = layOut(record, crc32);
  const data = record.subarray(dataStart);
  if (sha256 && isSigned(record)) {
    if (!isSame(sha256(data), record.subarray(at.dataSha256, at.signature))) throw new RecordError("digest");
  } else if (crc32(data) !== viewOf(record).getUint32(at.dataCrc, true)) {
    throw new RecordError("checksum");
  }
  let offset = dataStart;
  const tensors = lengths.map((length) => {
    const aligned = (record.byteOffset + offset) % 2 === 0;
    const part = record.subarray(offset, offset + 2 * length);
    // Not `record.slice`: a Buffer's makes a view, which would keep the odd offset.
    const bytes = aligned ? part : new Uint8Array(part);
    offset += 2 * length;
    return new Uint16Array(bytes.buffer, bytes.byteOffset, length);
  });
  return { header, tensors };
}

const isSigned = (record: Uint8Array) => record.subarray(at.signature, at.headerCrc).some((byte) => byte !== 0);

/** Of digests that everybody may know. */
const isSame = (one: Uint8Array, other: Uint8Array) => one.every((byte, index) => byte === other[index]);

/** Of the prefix up to this checksum's own place, and of the header. */
function headerCrc(record: Uint8Array, end: number, crc32: Crc32): number {
  return crc32(record.subarray(prefixBytes, end), crc32(record.subarray(0, at.headerCrc)));
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
