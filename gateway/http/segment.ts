import type { FastifyInstance } from "fastify";
import { type SegmentRequest, SegmentRequestSchema, SegmentResultSchema } from "../../proto/index.js";
import { isInternal } from "../../services/runtime/errors.js";
import { replyError } from "../../services/runtime/http/reply-error.js";
import { checkImageId } from "../../services/runtime/image-id.js";
import type { PaceLimits } from "../../services/runtime/limits/arrival-pace.js";
import { withDeadline } from "../deadline.js";
import { readJson } from "../json/read-json.js";
import { writeJsonMessage } from "../json/write-json-message.js";
import type { Decoders } from "../peers/decoders.js";
import type { Encoders } from "../peers/encoders.js";
import { segmentImage } from "../segment-image.js";
import { bodyOf } from "./body-of.js";
import { callerSignal } from "./caller-signal.js";
import { originOf } from "./observe-requests.js";
import { takeWholeBodies } from "./whole-body.js";

interface SegmentRoute {
  encoders: Encoders;
  decoders: Decoders;
  deadlineMs: number;
  maxFrameBytes: number;
  pace: PaceLimits;
}

/** `POST /v1/segment` (H6). */
export async function segmentRoute(app: FastifyInstance, route: SegmentRoute): Promise<void> {
  const { encoders, decoders, deadlineMs, maxFrameBytes, pace } = route;
  takeWholeBodies(app, maxFrameBytes, pace);
  app.post("/v1/segment", { bodyLimit: maxFrameBytes }, async (request, reply) => {
    try {
      const prompt = readJson(SegmentRequestSchema, bodyOf(request), "body");
      prompt.imageId = checkImageId(prompt.imageId);
      const origin = originOf(request);
      const decode = (one: SegmentRequest, until: AbortSignal) => decoders.segmentOnce(one, until, origin);
      const result = await withDeadline(callerSignal(reply), deadlineMs, (signal) =>
        segmentImage({ encoders, decoders }, prompt, { decode, onNews: () => {}, signal, origin }),
      );
      return reply.send(writeJsonMessage(SegmentResultSchema, result));
    } catch (error) {
      if (isInternal(error)) request.log.error({ err: error }, "request failed");
      return replyError(reply, error);
    }
  });
}
