import type { FastifyReply, FastifyRequest } from "fastify";
import type { AskCall } from "../ask/answer.js";
import { originOf, visitorOf } from "./observe-requests.js";

/** An HTTP request as a call; left when the caller hangs up before it has its answer. */
export function callOf(request: FastifyRequest, reply: FastifyReply): AskCall {
  const controller = new AbortController();
  reply.raw.once("close", () => {
    if (!reply.raw.writableFinished) controller.abort();
  });
  return { signal: controller.signal, origin: originOf(request), principal: visitorOf(request)?.principal };
}
