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
import type { Ask } from "../ask/ask.js";
import type { JsonReader } from "../json/json-reader.js";
import type { BodyLimits } from "./arriving-body.js";
import { callOf } from "./call-of.js";
import { jsonBody } from "./json-body.js";
import { JsonLines } from "./json-lines.js";
import { takeWholeBodies } from "./whole-body.js";

interface EverythingRoute {
  ask: Ask;
  maxFrameBytes: number;
  json: JsonReader;
  bodies: BodyLimits;
  /** In place of the usual. */
  silenceMs?: number;
}

/** A person, and a proxy, hears within a second that it was taken. */
const beginMs = 500;
const preparing = toProgress(create(EverythingProgressSchema));

const box = { type: "array", items: { type: "integer" }, minItems: 4, maxItems: 4 };
const annotation = {
  type: "object",
  description: "A record of the data set SA-1B.",
  required: ["id", "segmentation", "bbox", "area", "predicted_iou", "stability_score", "point_coords", "crop_box"],
  additionalProperties: false,
  properties: {
    id: { type: "integer", minimum: 0 },
    segmentation: {
      type: "object",
      required: ["size", "counts"],
      additionalProperties: false,
      properties: {
        size: { type: "array", items: { type: "integer" }, minItems: 2, maxItems: 2 },
        counts: { type: "string" },
      },
    },
    bbox: box,
    area: { type: "integer", minimum: 0 },
    predicted_iou: { type: "number" },
    stability_score: { type: "number" },
    point_coords: { type: "array", items: { type: "array", items: { type: "number" }, minItems: 2, maxItems: 2 } },
    crop_box: box,
  },
};
/** A line says one thing. */
const lineSchema = {
  type: "object",
  minProperties: 1,
  maxProperties: 1,
  additionalProperties: false,
  properties: {
    progress: { type: "object", description: "EverythingProgress" },
    annotation,
    retracted: { type: "integer", description: "The id of an annotation that a better one has replaced." },
    done: { type: "object", description: "EverythingDone: what came and was not retracted is the result." },
  },
};

/** `POST /v1/everything` (E1). */
export async function everythingRoute(app: FastifyInstance, route: EverythingRoute): Promise<void> {
  const { ask, json, maxFrameBytes, bodies } = route;
  takeWholeBodies(app, bodies);
  const describes = {
    summary: "Masks of everything in a picture, a line each as they are found",
    takes: { message: SegmentEverythingRequestSchema },
    gives: { lines: lineSchema },
  };
  app.post("/v1/everything", { bodyLimit: maxFrameBytes, config: { describes } }, async (request, reply) => {
    let lines: JsonLines | undefined;
    try {
      const call = callOf(request, reply);
      const wanted: SegmentEverythingRequest = await jsonBody(json, SegmentEverythingRequestSchema, request, call);
      wanted.imageId = checkImageId(wanted.imageId);
      const begun = ask.everything(wanted, call);
      // What is refused at once has its status; what has to be made first, crops' embeddings above all, is waited for aloud.
      const isReady = await isSettled(begun, beginMs);
      if (isReady) await begun;
      lines = new JsonLines(reply, { silenceMs: route.silenceMs });
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
