import type { FastifyInstance } from "fastify";
import { SegmentRequestSchema, SegmentResultSchema } from "../../proto/index.js";
import { isInternal } from "../../services/runtime/errors.js";
import { replyError } from "../../services/runtime/http/reply-error.js";
import { checkImageId } from "../../services/runtime/image-id.js";
import type { PaceLimits } from "../../services/runtime/limits/arrival-pace.js";
import type { Ask } from "../ask/ask.js";
import { readJson } from "../json/read-json.js";
import { writeJsonMessage } from "../json/write-json-message.js";
import { bodyOf } from "./body-of.js";
import { callOf } from "./call-of.js";
import type { UnsentAnswers } from "./unsent-answers.js";
import { takeWholeBodies } from "./whole-body.js";

interface SegmentRoute {
  ask: Ask;
  maxFrameBytes: number;
  pace: PaceLimits;
  unsentAnswers: UnsentAnswers;
}

/** `POST /v1/segment` (H6). */
export async function segmentRoute(app: FastifyInstance, route: SegmentRoute): Promise<void> {
  const { ask, maxFrameBytes, pace, unsentAnswers } = route;
  takeWholeBodies(app, maxFrameBytes, pace);
  const describes = {
    summary: "Masks of what a prompt describes in a picture",
    takes: { message: SegmentRequestSchema },
    gives: { message: SegmentResultSchema },
  };
  app.post("/v1/segment", { bodyLimit: maxFrameBytes, config: { describes } }, async (request, reply) => {
    try {
      const prompt = readJson(SegmentRequestSchema, bodyOf(request), "body");
      prompt.imageId = checkImageId(prompt.imageId);
      const result = await ask.segment(prompt, callOf(request, reply));
      const answer = Buffer.from(JSON.stringify(writeJsonMessage(SegmentResultSchema, result)));
      unsentAnswers.hold(reply, answer.byteLength);
      return reply.type("application/json; charset=utf-8").send(answer);
    } catch (error) {
      if (isInternal(error)) request.log.error({ err: error }, "request failed");
      return replyError(reply, error);
    }
  });
}
