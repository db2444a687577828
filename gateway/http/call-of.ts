import type { FastifyReply, FastifyRequest } from "fastify";
import { accessEnded, unauthenticated } from "../../services/runtime/callers/access.js";
import type { AskCall } from "../ask/answer.js";
import { originOf, visitorOf, watchOf } from "./observe-requests.js";

/** An HTTP request as a call; left when the caller hangs up before it has its answer, and ended with its principal (L5). */
export function callOf(request: FastifyRequest, reply: FastifyReply): AskCall {
  const controller = new AbortController();
  const stopWatching = watchOf(request)(() => controller.abort(unauthenticated(accessEnded)));
  reply.raw.once("close", () => {
    stopWatching();
    if (!reply.raw.writableFinished) controller.abort();
  });
  return { signal: controller.signal, origin: originOf(request), principal: visitorOf(request)?.principal };
}
