/** What a thread is asked to read. */
export interface JsonToRead {
  /** Of the contract's messages. */
  typeName: string;
  bytes: Uint8Array;
  what: string;
}

/** The message in protobuf, or the sentence that says why there is none, or what is ours to fix. */
export type JsonRead = { bytes: Uint8Array } | { refusal: string } | { fault: string };
