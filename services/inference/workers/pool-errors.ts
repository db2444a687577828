import { Code, ServiceError } from "../../runtime/errors.js";
import type { FromWorker } from "./worker-protocol.js";

/** What a worker threw. What is not meant for the peer stays inside, with the worker's stack for the log. */
export function fromWorker({ error, stack }: Extract<FromWorker, { kind: "failed" }>): Error {
  if (error.code !== Code.INTERNAL) return new ServiceError(error);
  return Object.assign(new Error("a task failed in a worker"), stack === undefined ? {} : { stack });
}

export const cancelled = () => new ServiceError({ code: Code.CANCELLED, message: "The request was cancelled." });

/** @param reason says that the task was the one which the worker ran: it may be what killed it. */
export const lost = (cause?: unknown, reason?: "WORKER_LOST") =>
  new ServiceError({
    code: Code.UNAVAILABLE,
    message: "A worker was lost; try again.",
    retryAfterMs: 100,
    cause,
    ...(reason ? { reason } : {}),
  });

export const stopped = () =>
  new ServiceError({ code: Code.UNAVAILABLE, message: "The service is stopping.", retryAfterMs: 1000 });
