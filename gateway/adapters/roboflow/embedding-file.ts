import { crc32 } from "node:zlib";
import { decodeHalf } from "../../../proto/index.js";
import { Code, invalidArgument, ServiceError } from "../../../services/runtime/errors.js";
import { decodeEmbeddingRecord } from "../../../services/sam/embedding-record.js";
import { readNpy, writeNpy } from "./npy.js";

/** Of SAM's own export: one tensor, of the picture fitted into a square by its longer side. */
const shape = [1, 256, 64, 64] as const;
const values = 256 * 64 * 64;
/** A SHA-256, and a CRC-32 of all the rest. */
const idBytes = 32;
const noteBytes = idBytes + 4;

/**
 * An embedding as a file of NumPy's, float32 [1, 256, 64, 64], which names its picture: its numbers come from half floats, so that the lowest 13 bits of
 * each are zero, and those of the first 36 hold the picture's id and a checksum. They are less than a thousandth of what a half leaves open.
 * @param record as the encoders make it. @throws ServiceError FAILED_PRECONDITION for a model whose embeddings are others.
 */
export function embeddingFile(record: Uint8Array): Buffer {
  const { header, tensors } = decodeEmbeddingRecord(record, (bytes, before = 0) => crc32(bytes, before));
  const [tensor, ...others] = tensors;
  if (!tensor || others.length > 0 || tensor.length !== values) {
    throw new ServiceError({
      code: Code.FAILED_PRECONDITION,
      message: `Embeddings of the model "${header.modelId}" are not one array of ${shape.join(" x ")}; ask by image_id.`,
    });
  }
  const data = new Uint8Array(decodeHalf(tensor).buffer);
  const id = Buffer.from(header.imageId.slice("sha256:".length), "hex");
  writeNote(data, id);
  const sum = Buffer.alloc(4);
  sum.writeUInt32LE(crc32(data));
  writeNote(data, sum, idBytes);
  return writeNpy({ kind: "<f4", shape }, data);
}

/**
 * The picture that an embedding is of. Only what came from here is taken, as it came: another model's means nothing to this one.
 * @throws ServiceError INVALID_ARGUMENT
 */
export function pictureOfEmbedding(file: Buffer): string {
  const { kind, shape: sides, values: numbers } = readNpy(file, "embeddings", values);
  const isOfForm = kind === "<f4" && sides.slice(-3).join() === shape.slice(1).join() && numbers.length === values;
  if (!isOfForm) throw invalidArgument(`embeddings is an array of float32, ${shape.join(" x ")}.`);
  const data = new Uint8Array(numbers.buffer);
  const note = Buffer.from(Array.from({ length: noteBytes }, (_, at) => data[4 * at]!));
  writeNote(data, Buffer.alloc(4), idBytes);
  if (crc32(data) !== note.readUInt32LE(idBytes)) {
    throw invalidArgument(
      "These embeddings were not made here, or were changed since; send those that /sam/embed_image gave, or the picture.",
    );
  }
  return `sha256:${note.toString("hex", 0, idBytes)}`;
}

/** Into the lowest byte of a float each. */
function writeNote(data: Uint8Array, note: Uint8Array, first = 0): void {
  for (const [at, byte] of note.entries()) data[4 * (first + at)] = byte;
}
