import {
  maxKnownFrames,
  maxTrackedObjects,
  maxTrackPrompts,
  type TrackPrompt,
  type TrackVideoRequest,
} from "../../proto/index.js";
import { invalidArgument } from "../../services/runtime/errors.js";
import { checkFrame, checkFrames, checkPrompt } from "./state/checks.js";

/**
 * A video and what is asked of it, all at once.
 * @returns its prompts by frame. @throws ServiceError INVALID_ARGUMENT with a sentence that names what is wrong.
 */
export function checkVideo(request: TrackVideoRequest): ReadonlyMap<number, readonly TrackPrompt[]> {
  const { imageIds, prompts, first = 0, known } = request;
  if (imageIds.length === 0) throw invalidArgument("`imageIds` names no frame of a video.");
  checkFrames(imageIds);
  if (prompts.length === 0) throw invalidArgument("Nothing is to be followed: `prompts` has none.");
  if (prompts.length > maxTrackPrompts) throw invalidArgument(`A video has at most ${maxTrackPrompts} prompts.`);
  if (known.length > maxKnownFrames) throw invalidArgument(`\`known\` has at most ${maxKnownFrames} frames.`);
  const last = request.last ?? imageIds.length - 1;
  checkFrame(request, last, "`last`");
  if (first > last) throw invalidArgument(`\`first\` is frame ${first}, behind \`last\`, ${last}.`);
  for (const { frame } of known) checkFrame(request, frame, "One of `known`");
  const byFrame = new Map<number, TrackPrompt[]>();
  for (const one of prompts) {
    checkFrame(request, one.frame, "A prompt's");
    checkPrompt(one);
    const there = byFrame.get(one.frame) ?? [];
    if (there.some(({ object }) => object === one.object)) {
      throw invalidArgument(`Object ${one.object} has two prompts on frame ${one.frame}; put them into one.`);
    }
    byFrame.set(one.frame, [...there, one]);
  }
  const objects = new Set(prompts.map(({ object }) => object));
  if (objects.size > maxTrackedObjects) throw invalidArgument(`At most ${maxTrackedObjects} objects are followed.`);
  return new Map([...byFrame].sort(([a], [b]) => a - b));
}
