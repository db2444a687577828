/** Why a record cannot be used. */
export type RecordFault =
  /** Not of our making, or of a program that broke the rules. */
  | "foreign"
  /** Of an older or newer release. */
  | "version"
  /** Too short, or too long. */
  | "truncated"
  /** Of a picture with more pixels, or a file with more bytes, than are taken. */
  | "oversized"
  /** Its bytes are not those that were written. */
  | "checksum"
  /** Its bytes are not those that their SHA-256 says. */
  | "digest"
  /** Sound, but of another picture or model than its key says: it would give a wrong mask. */
  | "mismatch"
  /** Of encoders that encode another part of the model's frame. */
  | "frame"
  /** Nobody has signed it, where only what is signed is used. */
  | "unsigned"
  /** Signed by a key that is not ours, or changed since, or moved from another key of the cache. */
  | "signature";

const sentences: Record<RecordFault, string> = {
  foreign: "no record of ours",
  version: "a record of another version",
  truncated: "a record of the wrong length",
  oversized: "a record of a picture that is larger than those that are taken",
  checksum: "a record whose checksum is wrong",
  digest: "a record whose bytes have another SHA-256",
  mismatch: "a record of another picture or model",
  frame: "a record of another frame (MASKWIRE_ENCODER_FRAME)",
  unsigned: "a record without a signature",
  signature: "a record whose signature is wrong",
};

/** A record of the cache that cannot be used. Readers treat it as a miss, and count it. */
export class RecordError extends Error {
  override readonly name = "RecordError";
  readonly fault: RecordFault;

  constructor(fault: RecordFault, options?: ErrorOptions) {
    super(sentences[fault], options);
    this.fault = fault;
  }
}
