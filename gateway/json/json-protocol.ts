import type { ErrorInit } from "../../services/runtime/errors.js";

/** What a thread is asked to read. */
export interface JsonToRead {
  /** Of the contract's messages. */
  typeName: string;
  bytes: Uint8Array;
  what: string;
}

/** What a thread of bodies is started with. */
export interface JsonThreadData {
  /** What reading one may take. */
  limitBytes: number;
}

/** The message in protobuf, or what its sender is told, or what is ours to fix. */
export type JsonRead = { bytes: Uint8Array } | { refusal: ErrorInit } | { fault: string };
