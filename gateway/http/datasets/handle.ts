import type { FastifyReply, FastifyRequest } from "fastify";
import { isInternal } from "../../../services/runtime/errors.js";
import { discardRest } from "../../../services/runtime/http/discard-rest.js";
import { replyError } from "../../../services/runtime/http/reply-error.js";
import { tellAudit } from "../audit-requests.js";

type Answer = (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>;

/** A handler whose errors become answers, and are told to the audit log. */
export function handle(answer: Answer): Answer {
  return async (request, reply) => {
    try {
      return await answer(request, reply);
    } catch (error) {
      tellAudit(request, { error });
      if (isInternal(error)) request.log.error({ err: error }, "request failed");
      // What still comes is not read.
      if (!request.raw.complete) discardRest(request.raw);
      return replyError(reply, error);
    }
  };
}
