import { crc32 } from "node:zlib";
import { RecordError } from "../../sam/record-error.js";

/** Bumped when the bytes of a record change meaning. Part of every key: versions of a rolling upgrade do not meet. */
export const imageRecordVersion = 1;
const magic = 0x4957_4d31; // "1MWI" little endian
const at = { magic: 0, version: 4, width: 8, height: 12, fileBytes: 16, fileCrc: 20, headCrc: 24 };
/** Length of what stands before the file: enough to say how large the picture is. */
export const imageHeadBytes = 28;

/** Size of the upright picture in pixels. */
export interface ImageInfo {
  width: number;
  height: number;
}

/** The uploaded file behind its size and checksums: little-endian words, in the order of `at`. */
export function encodeImageRecord({ width, height }: ImageInfo, file: Uint8Array): Uint8Array {
  const record = new Uint8Array(imageHeadBytes + file.byteLength);
  record.set(file, imageHeadBytes);
  const view = new DataView(record.buffer);
  view.setUint32(at.magic, magic, true);
  view.setUint32(at.version, imageRecordVersion, true);
  view.setUint32(at.width, width, true);
  view.setUint32(at.height, height, true);
  view.setUint32(at.fileBytes, file.byteLength, true);
  view.setUint32(at.fileCrc, crc32(file), true);
  view.setUint32(at.headCrc, crc32(record.subarray(0, at.headCrc)), true);
  return record;
}

/**
 * The size alone, verified.
 * @param start the record, or its first `imageHeadBytes`.
 * @throws RecordError when the bytes are no record of this version.
 */
export function readImageInfo(start: Uint8Array): ImageInfo {
  if (start.byteLength < imageHeadBytes) throw new RecordError("truncated");
  const view = new DataView(start.buffer, start.byteOffset, start.byteLength);
  if (view.getUint32(at.magic, true) !== magic) throw new RecordError("foreign");
  if (view.getUint32(at.version, true) !== imageRecordVersion) throw new RecordError("version");
  if (crc32(start.subarray(0, at.headCrc)) !== view.getUint32(at.headCrc, true)) throw new RecordError("checksum");
  return { width: view.getUint32(at.width, true), height: view.getUint32(at.height, true) };
}

/**
 * Size and file, verified; the file is a view into the record.
 * @throws RecordError when the bytes are damaged, cut short or no record of this version.
 */
export function decodeImageRecord(record: Uint8Array): ImageInfo & { file: Uint8Array } {
  const info = readImageInfo(record);
  const view = new DataView(record.buffer, record.byteOffset, record.byteLength);
  const file = record.subarray(imageHeadBytes);
  if (file.byteLength !== view.getUint32(at.fileBytes, true)) throw new RecordError("truncated");
  if (crc32(file) !== view.getUint32(at.fileCrc, true)) throw new RecordError("checksum");
  return { ...info, file };
}
