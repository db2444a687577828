import type { FastifyReply } from "fastify";
import { Code, describeError, type ErrorInit } from "../errors.js";

/** How an error is told to clients that were written for another server than this: their own form. */
export type ErrorForm = (
  error: ErrorInit,
  status: number,
) => { readonly status?: number; readonly headers?: Readonly<Record<string, string>>; readonly body: unknown };

declare module "fastify" {
  interface FastifyContextConfig {
    /** In the place of H3's, whoever refuses: the route itself, or what stands before it. */
    errorForm?: ErrorForm;
  }
}

/** H3 */
export function httpStatus({ code, reason }: ErrorInit): number {
  switch (code) {
    case Code.INVALID_ARGUMENT:
      if (reason === "UNSUPPORTED_IMAGE") return 415;
      return reason === "DAMAGED_IMAGE" || reason === "UNKNOWN_WORD" ? 422 : 400;
    case Code.RESOURCE_EXHAUSTED:
      return reason === "IMAGE_TOO_LARGE" ? 413 : 429;
    case Code.NOT_FOUND:
      return 404;
    case Code.ALREADY_EXISTS:
    case Code.FAILED_PRECONDITION:
    case Code.ABORTED:
      return 409;
    case Code.CANCELLED:
      return 499;
    case Code.UNIMPLEMENTED:
      return 501;
    case Code.UNAUTHENTICATED:
      return 401;
    case Code.PERMISSION_DENIED:
      return 403;
    case Code.UNAVAILABLE:
      return reason === "PICTURE_HOST" ? 502 : 503;
    case Code.DEADLINE_EXCEEDED:
      return reason === "UPLOAD_TOO_SLOW" ? 408 : 504;
    default:
      return 500;
  }
}

/** What a 401 must say (RFC 9110, 11.6.1). */
export const challenge = 'Bearer realm="maskwire"';

/** The JSON form of an error: `{ code: "INVALID_ARGUMENT", message, reason?, retryAfterMs? }`. */
export function errorBody(error: ErrorInit): Record<string, unknown> {
  return { ...error, code: Code[error.code] };
}

/** @param status where HTTP has a word for it that the code alone does not say. */
export function replyError(reply: FastifyReply, error: unknown, status?: number): FastifyReply {
  const described = describeError(error);
  if (described.code === Code.UNAUTHENTICATED) reply.header("www-authenticate", challenge);
  if (described.retryAfterMs !== undefined) reply.header("retry-after", Math.ceil(described.retryAfterMs / 1000));
  const usual = status ?? httpStatus(described);
  const form = reply.request?.routeOptions?.config?.errorForm;
  if (!form) return reply.code(usual).send({ error: errorBody(described) });
  const own = form(described, usual);
  return reply
    .code(own.status ?? usual)
    .headers(own.headers ?? {})
    .send(own.body);
}
