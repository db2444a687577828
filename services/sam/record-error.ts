/** Why a record cannot be used. */
export type RecordFault =
  /** Not of our making, or of a program that broke the rules. */
  | "foreign"
  /** Of an older or newer release. */
  | "version"
  /** Too short, or too long. */
  | "truncated"
  /** Its bytes are not those that were written. */
  | "checksum"
  /** Sound, but of another picture or model than its key says: it would give a wrong mask. */
  | "mismatch";

const sentences: Record<RecordFault, string> = {
  foreign: "no record of ours",
  version: "a record of another version",
  truncated: "a record of the wrong length",
  checksum: "a record whose checksum is wrong",
  mismatch: "a record of another picture or model",
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
