import { toJson } from "@bufbuild/protobuf";
import type { FastifyInstance } from "fastify";
import {
  EverythingDoneSchema,
  EverythingProgressSchema,
  type SegmentEverythingEvent,
  type SegmentEverythingRequest,
  SegmentEverythingRequestSchema,
  sa1bAnnotation,
} from "../../proto/index.js";
import { isInternal } from "../../services/runtime/errors.js";
import { replyError } from "../../services/runtime/http/reply-error.js";
import { checkImageId } from "../../services/runtime/image-id.js";
import type { PaceLimits } from "../../services/runtime/limits/arrival-pace.js";
import { beginEverything } from "../begin-everything.js";
import type { Decoders } from "../peers/decoders.js";
import type { Encoders } from "../peers/encoders.js";
import { readJson } from "../read-json.js";
import { bodyOf } from "./body-of.js";
import { callerSignal } from "./caller-signal.js";
import { JsonLines } from "./json-lines.js";
import { originOf } from "./observe-requests.js";
import { takeWholeBodies } from "./whole-body.js";

interface EverythingRoute {
  encoders: Encoders;
  decoders: Decoders;
  maxFrameBytes: number;
  pace: PaceLimits;
}

/** `POST /v1/everything` (E1). */
export async function everythingRoute(app: FastifyInstance, route: EverythingRoute): Promise<void> {
  const { encoders, decoders, maxFrameBytes, pace } = route;
  takeWholeBodies(app, maxFrameBytes, pace);
  app.post("/v1/everything", { bodyLimit: maxFrameBytes }, async (request, reply) => {
    let lines: JsonLines | undefined;
    try {
      const wanted: SegmentEverythingRequest = readJson(SegmentEverythingRequestSchema, bodyOf(request), "body");
      wanted.imageId = checkImageId(wanted.imageId);
      const events = await beginEverything(
        { encoders, decoders },
        wanted,
        () => {},
        callerSignal(reply),
        originOf(request),
      );
      // Only now: what was refused before it began has its status.
      lines = new JsonLines(reply);
      for await (const event of events) {
        const line = toLine(event);
        if (line && !lines.write(line)) await lines.drained();
      }
      return lines.end();
    } catch (error) {
      if (isInternal(error)) request.log.error({ err: error }, "request failed");
      return lines ? lines.fail(error) : replyError(reply, error);
    }
  });
}

function toLine({ event }: SegmentEverythingEvent): Record<string, unknown> | undefined {
  switch (event.case) {
    case "progress":
      return { progress: toJson(EverythingProgressSchema, event.value, { alwaysEmitImplicit: true }) };
    case "found":
      return { annotation: sa1bAnnotation(event.value) };
    case "retracted":
      return { retracted: event.value.id };
    case "done":
      return { done: toJson(EverythingDoneSchema, event.value, { alwaysEmitImplicit: true }) };
    default:
      return undefined;
  }
}
