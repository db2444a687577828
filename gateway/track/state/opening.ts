import { type AppendFrames, type KnownFrame, type OpenVideo, TrackState } from "../../../proto/index.js";
import { invalidArgument } from "../../../services/runtime/errors.js";
import { checkFrame, checkFrames, checkKnownCount, checkSize, readMask, tooMuchKept } from "./checks.js";
import { cancelAsked } from "./prompts.js";
import { advance, cancelRun } from "./runs.js";
import { afresh, withCell } from "./shown-objects.js";
import type { OpenedVideo, VideoEffect, VideoLimits, VideoState, VideoStep } from "./video-state.js";
import { roomFor, weightOf } from "./weight.js";

export function open(state: VideoState, sequence: number, asked: OpenVideo, limits: VideoLimits): VideoStep {
  const { model, more } = asked;
  if (asked.imageIds.length === 0 && !more) throw invalidArgument("`imageIds` names no frame of a video.");
  const video: OpenedVideo = {
    kind: "open",
    opening: ("opening" in state ? state.opening : 0) + 1,
    imageIds: checkFrames(asked.imageIds),
    model,
    more,
    size: checkSize(asked),
    objects: new Map(),
    asked: [],
    run: undefined,
    count: 0,
    isBehind: state.kind === "open" && state.isBehind,
  };
  if (weightOf(video) > limits.maxBytes) throw tooMuchKept(limits.retryAfterMs);
  return [video, [...endOf(state), opened(video, sequence)]];
}

/** What was asked of the video before. */
function endOf(state: VideoState): VideoEffect[] {
  if (state.kind !== "open") return [];
  const [, ofRun] = cancelRun(state);
  return [...cancelAsked(state.asked, "Another video was opened."), ...ofRun, { kind: "cancel" }];
}

export function append(video: OpenedVideo, sequence: number, asked: AppendFrames, limits: VideoLimits): VideoStep {
  if (!video.more) throw invalidArgument("The video was opened as a whole: `more` was not set.");
  const imageIds = [...video.imageIds, ...checkFrames(asked.imageIds, video.imageIds.length)];
  const longer = roomFor(afresh({ ...video, imageIds, more: asked.more }), limits);
  const [next, effects] = advance(longer);
  return [next, [opened(longer, sequence), ...effects]];
}

/** Masks that were made before, by whoever says all again. */
export function know(
  video: OpenedVideo,
  sequence: number,
  frames: readonly KnownFrame[],
  limits: VideoLimits,
): VideoStep {
  checkKnownCount(frames.length);
  let known = video;
  for (const { frame, masks } of frames) {
    checkFrame(video, frame, "One of `known`");
    for (const { object, rle, state } of masks) {
      const what = `of object ${object} on frame ${frame}`;
      if (!video.objects.has(object))
        throw invalidArgument(`Object ${object} has no prompt; send that before \`known\`.`);
      if (!rle && state !== TrackState.ABSENT) throw invalidArgument(`The mask ${what} is left out.`);
      const runs = rle && readMask(rle, known.size, what);
      known = withCell(
        { ...known, size: known.size ?? (runs && { width: runs.width, height: runs.height }) },
        object,
        frame,
        {
          state: state === TrackState.UNSPECIFIED ? TrackState.TRACKED : state,
          rle,
          agreement: 1,
          isOutdated: false,
        },
      );
    }
  }
  const kept = roomFor(known, limits);
  return [kept, [opened(kept, sequence)]];
}

function opened({ imageIds, more, size, objects }: OpenedVideo, sequence: number): VideoEffect {
  let known = 0;
  for (const { cells } of objects.values()) known += cells.known;
  const { width = 0, height = 0 } = size ?? {};
  const value = { frames: imageIds.length, more, width, height, known };
  return { kind: "send", sequence, update: { case: "opened", value } };
}
