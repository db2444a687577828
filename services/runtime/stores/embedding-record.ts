import { crc32 } from "node:zlib";
import * as record from "../../sam/embedding-record.js";

/** The embedding's record with the checksum of Node's own zlib. */

export const encodeEmbeddingRecord = (header: record.EmbeddingHeader, tensors: Uint16Array[]) =>
  record.encodeEmbeddingRecord(header, tensors, crc32);
export const readEmbeddingHeader = (start: Uint8Array) => record.readEmbeddingHeader(start, crc32);
export const readWholeHeader = (whole: Uint8Array) => record.readWholeHeader(whole, crc32);
export const decodeEmbeddingRecord = (whole: Uint8Array) => record.decodeEmbeddingRecord(whole, crc32);
