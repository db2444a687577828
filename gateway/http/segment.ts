import type { FastifyInstance } from "fastify";
import { SegmentRequestSchema, SegmentResultSchema } from "../../proto/index.js";
import { isInternal } from "../../services/runtime/errors.js";
import { replyError } from "../../services/runtime/http/reply-error.js";
import { checkImageId } from "../../services/runtime/image-id.js";
import type { Ask } from "../ask/ask.js";
import type { JsonReader } from "../json/json-reader.js";
import { writeJsonMessage } from "../json/write-json-message.js";
import type { BodyLimits } from "./arriving-body.js";
import { callOf } from "./call-of.js";
import { jsonBody } from "./json-body.js";
import type { UnsentAnswers } from "./unsent-answers.js";
import { takeWholeBodies } from "./whole-body.js";

interface SegmentRoute {
  ask: Ask;
  maxFrameBytes: number;
  json: JsonReader;
  bodies: BodyLimits;
  unsentAnswers: UnsentAnswers;
}

/** `POST /v1/segment` (H6). */
export async function segmentRoute(app: FastifyInstance, route: SegmentRoute): Promise<void> {
  const { ask, json, maxFrameBytes, bodies, unsentAnswers } = route;
  takeWholeBodies(app, bodies);
  const describes = {
    summary: "Masks of what a prompt describes in a picture",
    takes: { message: SegmentRequestSchema },
    gives: { message: SegmentResultSchema },
  };
  app.post("/v1/segment", { bodyLimit: maxFrameBytes, config: { describes } }, async (request, reply) => {
    try {
      const call = callOf(request, reply);
      const prompt = await jsonBody(json, SegmentRequestSchema, request, call);
      prompt.imageId = checkImageId(prompt.imageId);
      const result = await ask.segment(prompt, call);
      const answer = Buffer.from(JSON.stringify(writeJsonMessage(SegmentResultSchema, result)));
      unsentAnswers.hold(reply, answer.byteLength);
      return reply.type("application/json; charset=utf-8").send(answer);
    } catch (error) {
      if (isInternal(error)) request.log.error({ err: error }, "request failed");
      return replyError(reply, error);
    }
  });
}
