import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import * as record from "../sam/embedding-record.js";

/** The embedding's record with the checksums of Node's own libraries. */

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest();

export const encodeEmbeddingRecord = (header: record.EmbeddingHeader, tensors: Uint16Array[]) =>
  record.encodeEmbeddingRecord(header, tensors, { crc32, sha256 });
export const readEmbeddingHeader = (start: Uint8Array) => record.readEmbeddingHeader(start, crc32);
export const readWholeHeader = (whole: Uint8Array) => record.readWholeHeader(whole, crc32);
export const decodeEmbeddingRecord = (whole: Uint8Array) => record.decodeEmbeddingRecord(whole, crc32, sha256);
export const setSignature = (whole: Uint8Array, signature: Uint8Array) => record.setSignature(whole, signature, crc32);
