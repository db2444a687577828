import type { FastifyRequest } from "fastify";

/** The body of a route that takes it whole; empty where none was sent. */
export function bodyOf({ body }: FastifyRequest): Uint8Array {
  return body instanceof Uint8Array ? body : new Uint8Array();
}
