import type { EventEmitter } from "node:events";
import type { Readable, Writable } from "node:stream";
import type { Metadata, ServiceError as RpcError } from "@grpc/grpc-js";

type Serialize = (message: unknown) => Buffer;
type Deserialize = (bytes: Buffer) => unknown;

/** Told of the one answer, or of why there is none. */
export type Answer = (error: RpcError | null, message?: unknown) => void;

export interface CallLimits {
  /** Milliseconds since 1970. */
  deadline?: number;
}

/** A call that was made, as its maker holds it. */
export interface OpenCall extends EventEmitter {
  cancel(): void;
}

/** A call of which answers are read. */
export type ReadCall = OpenCall & Readable;

/** A call to which requests are written. */
export type WriteCall = OpenCall & Pick<Writable, "write" | "end" | "destroyed" | "writableEnded">;

/**
 * What carries the calls of an `RpcClient`: the part of grpc-js's client that it uses. A call emits "status" when it is over;
 * one that answers with a stream emits "error" before that when it has failed, and always ends.
 */
export interface ClientCalls {
  makeUnaryRequest(
    path: string,
    serialize: Serialize,
    deserialize: Deserialize,
    request: unknown,
    metadata: Metadata,
    limits: CallLimits,
    answer: Answer,
  ): OpenCall;
  makeClientStreamRequest(
    path: string,
    serialize: Serialize,
    deserialize: Deserialize,
    metadata: Metadata,
    limits: CallLimits,
    answer: Answer,
  ): WriteCall;
  makeServerStreamRequest(
    path: string,
    serialize: Serialize,
    deserialize: Deserialize,
    request: unknown,
    metadata: Metadata,
    limits: CallLimits,
  ): ReadCall;
  makeBidiStreamRequest(
    path: string,
    serialize: Serialize,
    deserialize: Deserialize,
    metadata: Metadata,
    limits: CallLimits,
  ): ReadCall & WriteCall;
  /** Takes no new calls; those under way go on to their end. */
  close(): void;
}
