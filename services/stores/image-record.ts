import { crc32 } from "node:zlib";
import { imageIdInSteps } from "../runtime/image-id.js";
import { joinInSteps } from "../runtime/in-steps.js";
import { RecordError } from "../sam/record-error.js";
import { signatureBytes } from "./signing-keys.js";

/** Bumped when the bytes of a record change meaning. Part of every key: versions of a rolling upgrade do not meet. */
export const imageRecordVersion = 2;
const magic = 0x4957_4d31; // "1MWI" little endian
const at = { magic: 0, version: 4, width: 8, height: 12, fileBytes: 16, signature: 20, headCrc: 20 + signatureBytes };
/** Length of what stands before the file: enough to say how large the picture is. */
export const imageHeadBytes = at.headCrc + 4;

/** Size of the upright picture in pixels. */
export interface ImageInfo {
  width: number;
  height: number;
}

/** An uploaded file with room before it for what its record says of it: it becomes a record without another copy. */
export class PictureFile {
  /** Of its own memory all but the room; never to be handed over to another thread. */
  readonly bytes: Uint8Array;
  readonly #record: Uint8Array;

  private constructor(record: Uint8Array) {
    this.#record = record;
    this.bytes = record.subarray(imageHeadBytes);
  }

  /** The one copy that a file needs, without holding the event loop up. */
  static async of(chunks: readonly Uint8Array[]): Promise<PictureFile> {
    return new PictureFile(await joinInSteps(chunks, imageHeadBytes));
  }

  /**
   * The file behind its size: little-endian words, in the order of `at`. That its bytes are the right ones its id says.
   * @param sign what stands before the file; zeros where it is not signed.
   */
  recordOf({ width, height }: ImageInfo, sign: (signed: Uint8Array) => Uint8Array | undefined): Uint8Array {
    const record = this.#record;
    const view = viewOf(record);
    view.setUint32(at.magic, magic, true);
    view.setUint32(at.version, imageRecordVersion, true);
    view.setUint32(at.width, width, true);
    view.setUint32(at.height, height, true);
    view.setUint32(at.fileBytes, this.bytes.byteLength, true);
    record.fill(0, at.signature, at.headCrc);
    record.set(sign(record.subarray(0, at.signature)) ?? [], at.signature);
    view.setUint32(at.headCrc, crc32(record.subarray(0, at.headCrc)), true);
    return record;
  }
}

export interface ImageHead extends ImageInfo {
  fileBytes: number;
  /** What is signed, and the signature. */
  signed: Uint8Array;
  signature: Uint8Array;
}

/**
 * What stands before the file.
 * @param start the record, or its first `imageHeadBytes`.
 * @throws RecordError when the bytes are damaged or no record of this version.
 */
export function readImageHead(start: Uint8Array): ImageHead {
  if (start.byteLength < imageHeadBytes) throw new RecordError("truncated");
  const view = viewOf(start);
  if (view.getUint32(at.magic, true) !== magic) throw new RecordError("foreign");
  if (view.getUint32(at.version, true) !== imageRecordVersion) throw new RecordError("version");
  if (crc32(start.subarray(0, at.headCrc)) !== view.getUint32(at.headCrc, true)) throw new RecordError("checksum");
  const width = view.getUint32(at.width, true);
  const height = view.getUint32(at.height, true);
  if (width === 0 || height === 0) throw new RecordError("foreign");
  return {
    width,
    height,
    fileBytes: view.getUint32(at.fileBytes, true),
    signed: start.subarray(0, at.signature),
    signature: start.subarray(at.signature, at.headCrc),
  };
}

/**
 * The file, a view into its record: its bytes are those of the id, whoever wrote them. Does not hold the event loop up.
 * @throws RecordError when they are not, or the record is of the wrong length.
 */
export async function readImageFile(record: Uint8Array, { fileBytes }: ImageHead, imageId: string) {
  const file = record.subarray(imageHeadBytes);
  if (file.byteLength !== fileBytes) throw new RecordError("truncated");
  if ((await imageIdInSteps(file)) !== imageId) throw new RecordError("digest");
  return file;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
