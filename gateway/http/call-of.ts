import type { FastifyReply, FastifyRequest } from "fastify";
import type { Call } from "../../services/runtime/grpc/call.js";
import { originOf } from "./observe-requests.js";

/** An HTTP request as a call; left when the caller hangs up before it has its answer. */
export function callOf(request: FastifyRequest, reply: FastifyReply): Call {
  const controller = new AbortController();
  reply.raw.once("close", () => {
    if (!reply.raw.writableFinished) controller.abort();
  });
  return { signal: controller.signal, origin: originOf(request) };
}
