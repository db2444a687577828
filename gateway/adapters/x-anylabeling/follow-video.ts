import { create } from "@bufbuild/protobuf";
import { type TrackedMask, TrackVideoRequestSchema } from "../../../proto/index.js";
import { invalidArgument } from "../../../services/runtime/errors.js";
import { toErrorMessage } from "../../../services/runtime/grpc/error-message.js";
import { trackVideo } from "../../track/track-video.js";
import type { Videos } from "../../track/videos.js";
import type { Asked } from "../shared/adapter.js";
import { askWithFrames } from "../shared/sent-frames.js";
import type { FollowedFrame, Span } from "./results.js";
import { shapesOf } from "./shapes.js";
import type { ShownObject, VideoSession } from "./video-session.js";

type Follower = Pick<Asked, "ask" | "call"> & { readonly videos: Pick<Videos, "depsFor"> };

/**
 * Which frames are followed: forwards from `start`, or from the first on which something is shown.
 * @throws ServiceError INVALID_ARGUMENT for frames that are not there, and where nothing is shown.
 */
export function spanOf(session: VideoSession, from: number | null | undefined, to: number | null | undefined): Span {
  const { start, frames, shown } = session;
  if (shown.length === 0) throw invalidArgument("Nothing is marked in this video; add a point or words first.");
  const end = start + frames.length - 1;
  const first = from ?? start + Math.min(...shown.map(({ frame }) => frame));
  const last = to ?? end;
  for (const frame of [first, last]) {
    if (frame < start || frame > end)
      throw invalidArgument(`There is no frame ${frame}; this video has ${start} to ${end}.`);
  }
  if (first > last) throw invalidArgument(`Frame ${first} is behind frame ${last}.`);
  return { first, last };
}

/** What was shown, through these frames (Y1). @throws ServiceError of `trackVideo`. */
export async function* followVideo(
  { ask, call, videos }: Follower,
  session: VideoSession,
  { first, last }: Span,
): AsyncGenerator<FollowedFrame> {
  const { frames, start, model, epsilon } = session;
  const shown = [...session.shown];
  const ids = idsOf(shown);
  const deps = videos.depsFor({ call, holdWaiting: () => () => {}, explain: toErrorMessage });
  const request = create(TrackVideoRequestSchema, {
    imageIds: frames.map(({ imageId }) => imageId),
    model,
    prompts: shown.map(({ id, frame, rle }) => ({
      frame,
      object: ids.indexOf(id) + 1,
      prompt: { mask: { source: { case: "rle" as const, value: rle } } },
    })),
    first: first - start,
    last: last - start,
  });
  for await (const { event } of trackVideo({ ...deps, ask: askWithFrames(ask, frames) }, request)) {
    if (event.case !== "frame") continue;
    const frame = event.value.frame + start;
    if (frame < first || frame > last) continue;
    const shapes = event.value.objects.flatMap((one) => shapesOfTracked(one, ids[one.object - 1] ?? 0, shown, epsilon));
    yield { frame, shapes };
  }
}

/** The tool's numbers of all objects. */
export const idsOf = (shown: readonly ShownObject[]): number[] => [...new Set(shown.map(({ id }) => id))];

function shapesOfTracked(
  { mask, agreement }: TrackedMask,
  id: number,
  shown: readonly ShownObject[],
  epsilon: number,
): object[] {
  if (!mask) return [];
  const { label = "" } = shown.find((one) => one.id === id) ?? {};
  return shapesOf(mask, epsilon, groupOf(id), { label, score: agreement });
}

/** One number for an object on all frames, above 0. */
export const groupOf = (id: number): number => id + 1;
