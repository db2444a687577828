import { create, type MessageInitShape } from "@bufbuild/protobuf";
import {
  EncodePriority,
  TrackCommandSchema,
  type TrackEvent,
  TrackEventSchema,
  type TrackVideoRequest,
} from "../../proto/index.js";
import { type ErrorFields, fromErrorMessage } from "../../services/runtime/grpc/error-message.js";
import { checkVideo } from "./check-video.js";
import type { Update } from "./state/video-state.js";
import { Updates } from "./updates.js";
import { Video, type VideoDeps } from "./video.js";

type Command = NonNullable<MessageInitShape<typeof TrackCommandSchema>["command"]>;

/**
 * A whole video at once (Y1): it is opened, prompted and run as one is that people look on at. What it knows is in the request and in what
 * it has answered: whoever it asks may be lost.
 * Throws INVALID_ARGUMENT before the first event; NOT_FOUND for a frame that is not stored; as `segment` and `propagate`.
 */
export async function* trackVideo(deps: VideoDeps, request: TrackVideoRequest): AsyncGenerator<TrackEvent> {
  const prompts = checkVideo(request);
  const { signal } = deps.call;
  const updates = new Updates();
  const video = new Video(updates, { ...deps, priority: EncodePriority.BULK });
  const say = (command: Command) => video.take(create(TrackCommandSchema, { command }), 0);
  const next = async () => notFailed(await updates.next(signal));
  let frames = 0;
  const tell = (frame: number, { likeness = 0, cut = false } = {}): TrackEvent => {
    frames++;
    // All that is known of it: a frame may come several times, for its objects are not all made from the same side.
    return create(TrackEventSchema, {
      event: { case: "frame", value: { frame, objects: video.at(frame), likeness, cut } },
    });
  };
  try {
    const { imageIds, model, first, last } = request;
    say({ case: "open", value: { imageIds, model } });
    await next();
    for (const [frame, shown] of prompts) {
      for (const prompt of shown) say({ case: "prompt", value: { prompt } });
      for (const _ of shown) await next();
      yield tell(frame);
    }
    const known = knownOf(request);
    if (known.length > 0) {
      say({ case: "known", value: { frames: known } });
      await next();
    }
    const limits = { ...(first === undefined ? {} : { first }), ...(last === undefined ? {} : { last }) };
    say({ case: "run", value: limits });
    for (let update = await next(); update.case !== "done"; update = await next()) {
      if (update.case !== "frame") continue;
      const { frame = 0, likeness = 0, cut = false } = update.value;
      yield tell(frame, { likeness, cut });
    }
    const { width = 0, height = 0 } = video.size ?? {};
    yield create(TrackEventSchema, { event: { case: "done", value: { frames, width, height } } });
  } finally {
    video.close();
  }
}

/** Of objects that are followed. */
function knownOf({ known, prompts }: TrackVideoRequest) {
  const objects = new Set(prompts.map(({ object }) => object));
  return known.map(({ frame, masks }) => ({
    frame,
    masks: masks.filter(({ object }) => objects.has(object)),
  }));
}

/** @throws ServiceError for what was refused or could not go on. */
function notFailed(update: Update): Update {
  if (update.case === "failed") throw fromErrorMessage(update.value as ErrorFields);
  if (update.case === "stopped") throw fromErrorMessage(update.value.error as ErrorFields);
  return update;
}
