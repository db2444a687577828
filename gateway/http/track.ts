import { toJson } from "@bufbuild/protobuf";
import type { FastifyInstance } from "fastify";
import { TrackEventSchema, TrackVideoRequestSchema } from "../../proto/index.js";
import { isInternal } from "../../services/runtime/errors.js";
import { toErrorMessage } from "../../services/runtime/grpc/error-message.js";
import type { Metrics } from "../../services/runtime/host-metrics.js";
import { replyError } from "../../services/runtime/http/reply-error.js";
import type { JsonReader } from "../json/json-reader.js";
import { trackVideo } from "../track/track-video.js";
import type { Videos } from "../track/videos.js";
import type { BodyLimits } from "./arriving-body.js";
import { callOf } from "./call-of.js";
import { jsonBody } from "./json-body.js";
import { JsonLines } from "./json-lines.js";
import { Places } from "./places.js";
import { takeWholeBodies } from "./whole-body.js";

interface TrackRoute {
  videos: Pick<Videos, "depsFor">;
  json: JsonReader;
  bodies: BodyLimits;
  metrics: Pick<Metrics, "limitHit">;
}

/** The ids of as many frames as a video may have, and masks of some. */
const bodyBytes = 8 * 1024 * 1024;
/** Each keeps a worker of a decoder busy for as long as it is read: with more of them clicks would wait for one. */
const tracks = 4;

/** `POST /v1/track` (Y1). */
export async function trackRoute(app: FastifyInstance, { videos, json, bodies, metrics }: TrackRoute): Promise<void> {
  takeWholeBodies(app, bodies);
  const places = new Places({
    count: tracks,
    limits: { full: "tracks", share: "tracks_share" },
    refusal: "Too many videos are being followed; try again in a while.",
    retryAfterMs: 5000,
    metrics,
  });
  const describes = {
    summary: "Masks of objects through the frames of a video, a line each frame as they are found",
    takes: { message: TrackVideoRequestSchema },
    gives: { lines: TrackEventSchema },
  };
  app.post("/v1/track", { bodyLimit: bodyBytes, config: { describes } }, async (request, reply) => {
    let lines: JsonLines | undefined;
    try {
      const call = callOf(request, reply);
      const wanted = await jsonBody(json, TrackVideoRequestSchema, request, call);
      places.enter(request, reply);
      const door = { call, holdWaiting: () => () => {}, explain: toErrorMessage };
      for await (const event of trackVideo(videos.depsFor(door), wanted)) {
        lines ??= new JsonLines(reply);
        const line = toJson(TrackEventSchema, event, { alwaysEmitImplicit: true });
        if (!lines.tell(line)) await lines.drained();
      }
      return lines?.end();
    } catch (error) {
      if (isInternal(error)) request.log.error({ err: error }, "request failed");
      return lines ? lines.fail(error) : replyError(reply, error);
    }
  });
}
