// Not from the package's entry, which loads all of gRPC: worker threads and picture processes know errors, and make no calls.
import { Status as Code } from "@grpc/grpc-js/build/src/constants.js";
import { OperationalError } from "./operational-error.js";

export { Code };

/** Stable words for programs, where one code covers several cases. Part of the contract: see error.proto. */
export type Reason =
  | "UNSUPPORTED_IMAGE"
  | "DAMAGED_IMAGE"
  | "IMAGE_TOO_LARGE"
  | "WORKER_LOST"
  | "CACHE_LOST"
  | "CACHE_TOO_SMALL"
  | "UPLOAD_TOO_SLOW"
  | "PICTURE_HOST"
  | "UNKNOWN_WORD"
  | "NO_DETECTOR"
  | "CONFLICT"
  | "DATABASE_LOST"
  | "FILES_LOST"
  | "IN_DATASET";

/** What all servers of a tier have in common: where it is lost another server has nothing to offer. */
const shared: ReadonlySet<Reason | undefined> = new Set<Reason>(["CACHE_LOST", "DATABASE_LOST", "FILES_LOST"]);

/** The wire's form of an error: what `maskwire.v1.Error` is made from. */
export interface ErrorInit {
  code: Code;
  message: string;
  retryAfterMs?: number;
  reason?: Reason;
}

/** An error meant for the peer: its message is one plain sentence that a person can act on. */
export class ServiceError extends OperationalError {
  override readonly name = "ServiceError";
  readonly code: Code;
  readonly retryAfterMs: number | undefined;
  readonly reason: Reason | undefined;

  constructor(init: ErrorInit & { cause?: unknown }) {
    super(init.message, { cause: init.cause });
    this.code = init.code;
    this.retryAfterMs = init.retryAfterMs;
    this.reason = init.reason;
  }

  /** Whether the same request may succeed on another peer, or soon. */
  shouldRetry(): boolean {
    return this.code === Code.UNAVAILABLE && !shared.has(this.reason);
  }
}

export function invalidArgument(message: string, reason?: Reason): ServiceError {
  return new ServiceError({ code: Code.INVALID_ARGUMENT, message, ...(reason ? { reason } : {}) });
}

/** Refused at the door: nothing was begun, and a repeat after `retryAfterMs` may succeed. */
export function overloaded(message: string, retryAfterMs: number): ServiceError {
  return new ServiceError({ code: Code.RESOURCE_EXHAUSTED, message, retryAfterMs });
}

/** What a peer is told of a failure that is ours to fix. */
export const internalMessage = "Something failed inside the service; it has been logged.";

/**
 * What the peer is told of any error. Anything but a `ServiceError` is ours to fix: the peer gets a fixed sentence, and
 * the caller logs the cause.
 */
export function describeError(error: unknown): ErrorInit {
  if (error instanceof ServiceError) {
    return {
      code: error.code,
      message: brief(error.message),
      ...(error.retryAfterMs === undefined ? {} : { retryAfterMs: error.retryAfterMs }),
      ...(error.reason === undefined ? {} : { reason: error.reason }),
    };
  }
  if (isAbort(error)) return { code: Code.CANCELLED, message: "The request was cancelled." };
  return { code: Code.INTERNAL, message: internalMessage };
}

/** A sentence that is longer repeats what it was given. As a trailer of gRPC it might not even be sent. */
const longestMessage = 500;

/** At most that long, and whole characters only: half of one cannot be written in UTF-8 or in a trailer. */
function brief(message: string): string {
  const start = message.length > longestMessage ? `${message.slice(0, longestMessage - 1)}\u2026` : message;
  return start.replace(/\p{Surrogate}/gu, "\ufffd");
}

/** True for what `AbortSignal.throwIfAborted` throws. */
export function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === "AbortError";
}

export function isNotFound(error: unknown): error is ServiceError {
  return error instanceof ServiceError && error.code === Code.NOT_FOUND;
}

/** True when the same request may succeed on another peer, or soon. */
export function mayRetry(error: unknown): error is ServiceError {
  return error instanceof ServiceError && error.shouldRetry();
}

/** True when the cause belongs in the log because the peer is not told of it. */
export function isInternal(error: unknown): boolean {
  return describeError(error).code === Code.INTERNAL;
}
