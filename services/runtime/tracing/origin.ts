import { randomUUID } from "node:crypto";
import { harmlessId } from "./harmless-id.js";
import type { Span } from "./spans.js";

/** Whom a piece of work is for. Travels beside the request through every process, so that their logs and traces can be joined. */
export interface Origin {
  /** One HTTP request, by the id that its caller chose or that it was given. */
  request?: string | undefined;
  /** One WebSocket session. */
  session?: string | undefined;
  /** W3C trace context of the work that asks. */
  traceparent?: string | undefined;
  /** Key of the `Caller` whose share of the service it counts against. */
  caller?: string | undefined;
  /** Whose pictures it may see; undefined where nobody is asked who he is: there is one nameless tenant. */
  tenant?: string | undefined;
  /** Who that is, by the id of the principal; undefined where nobody is asked. */
  principal?: string | undefined;
}

/** Metadata of gRPC calls and headers of HTTP. */
export const originHeaders = { request: "x-request-id", session: "x-session-id", traceparent: "traceparent" } as const;

/** @param header reads one header; what is not an id is left out. Who asks is nothing that a header of a stranger's may say. */
export function readOrigin(header: (name: string) => unknown): Origin {
  const origin: Origin = {};
  for (const key of ["request", "session", "traceparent"] as const) {
    const value = harmlessId(header(originHeaders[key]));
    if (value !== undefined) origin[key] = value;
  }
  return origin;
}

/** What a line of the log says of whom it is about. */
export function logFields({ request, session }: Origin, { traceId }: Pick<Span, "traceId">): Record<string, string> {
  return {
    ...(request === undefined ? {} : { request }),
    ...(session === undefined ? {} : { session }),
    ...(traceId === undefined ? {} : { trace: traceId }),
  };
}

export function newRequestId(): string {
  return randomUUID();
}

/** Enough of a picture's id to find it again in the logs, too little to ask for its masks. */
export function shortImageId(imageId: string): string {
  return imageId.slice(0, "sha256:".length + 12);
}
