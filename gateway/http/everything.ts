import { create, toJson } from "@bufbuild/protobuf";
import type { FastifyInstance } from "fastify";
import {
  EverythingDoneSchema,
  type EverythingProgress,
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
import type { Ask } from "../ask/ask.js";
import { readJson } from "../json/read-json.js";
import { bodyOf } from "./body-of.js";
import { callOf } from "./call-of.js";
import { JsonLines } from "./json-lines.js";
import { takeWholeBodies } from "./whole-body.js";

interface EverythingRoute {
  ask: Ask;
  maxFrameBytes: number;
  pace: PaceLimits;
  /** In place of the usual. */
  silenceMs?: number;
}

/** A person, and a proxy, hears within a second that it was taken. */
const beginMs = 500;
const preparing = toProgress(create(EverythingProgressSchema));

/** `POST /v1/everything` (E1). */
export async function everythingRoute(app: FastifyInstance, route: EverythingRoute): Promise<void> {
  const { ask, maxFrameBytes, pace } = route;
  takeWholeBodies(app, maxFrameBytes, pace);
  app.post("/v1/everything", { bodyLimit: maxFrameBytes }, async (request, reply) => {
    let lines: JsonLines | undefined;
    try {
      const wanted: SegmentEverythingRequest = readJson(SegmentEverythingRequestSchema, bodyOf(request), "body");
      wanted.imageId = checkImageId(wanted.imageId);
      const begun = ask.everything(wanted, callOf(request, reply));
      // What is refused at once has its status; what has to be made first, crops' embeddings above all, is waited for aloud.
      const isReady = await isSettled(begun, beginMs);
      if (isReady) await begun;
      lines = new JsonLines(reply, route.silenceMs);
      if (!isReady) lines.tell(preparing);
      for await (const event of await begun) {
        const line = toLine(event);
        if (!line) continue;
        const isTaken = event.event.case === "progress" ? lines.tell(line) : lines.write(line);
        if (!isTaken) await lines.drained();
      }
      return lines.end();
    } catch (error) {
      if (isInternal(error)) request.log.error({ err: error }, "request failed");
      return lines ? lines.fail(error) : replyError(reply, error);
    }
  });
}

/** Whether a promise is settled, either way, within so long. */
async function isSettled(promise: Promise<unknown>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const settled = promise.then(
    () => true,
    () => true,
  );
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), ms);
  });
  return Promise.race([settled, late]).finally(() => clearTimeout(timer));
}

function toProgress(progress: EverythingProgress) {
  return { progress: toJson(EverythingProgressSchema, progress, { alwaysEmitImplicit: true }) };
}

function toLine({ event }: SegmentEverythingEvent): Record<string, unknown> | undefined {
  switch (event.case) {
    case "progress":
      return toProgress(event.value);
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
