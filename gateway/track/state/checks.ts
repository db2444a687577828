import {
  decodeRle,
  listLimits,
  type MaskRuns,
  maxFrames,
  maxTrackedObjects,
  maxTrackPrompts,
  type OpenVideo,
  type Prompt,
  type TrackPrompt,
} from "../../../proto/index.js";
import { Code, invalidArgument, ServiceError } from "../../../services/runtime/errors.js";
import { checkImageId } from "../../../services/runtime/image-id.js";
import type { OpenedVideo, Size } from "./video-state.js";

/** @throws ServiceError INVALID_ARGUMENT with a sentence that names what is wrong, as all that is checked here. */
export function checkFrames(imageIds: readonly string[], before = 0): string[] {
  if (before + imageIds.length > maxFrames) {
    throw invalidArgument(`A video has at most ${maxFrames} frames; send a part of it.`);
  }
  return imageIds.map((id) => checkImageId(id));
}

export function checkSize({ width, height }: Pick<OpenVideo, "width" | "height">): Size | undefined {
  if (width === 0 && height === 0) return undefined;
  if (width === 0 || height === 0) throw invalidArgument("A video's size is its `width` and its `height`.");
  return { width, height };
}

export function checkFrame({ imageIds }: Pick<OpenedVideo, "imageIds">, frame: number, what: string): void {
  const count = imageIds.length;
  if (frame >= count) throw invalidArgument(`${what} is frame ${frame}; the video's last is ${count - 1}.`);
}

/** Where a run begins or ends: a frame that is there or may still come. @throws ServiceError INVALID_ARGUMENT */
export function checkEnd(frame: number, what: string): void {
  if (frame >= maxFrames) throw invalidArgument(`${what} is frame ${frame}; a video has at most ${maxFrames} frames.`);
}

/** @throws ServiceError INVALID_ARGUMENT */
export function checkFrameSize({ size }: OpenedVideo, frame: number, { width, height }: Size): void {
  if (!size || (size.width === width && size.height === height)) return;
  throw invalidArgument(
    `Frame ${frame} is ${width} x ${height} pixels, the video so far ${size.width} x ${size.height}; a video has one size.`,
  );
}

export function checkPrompt({ object, frame, prompt }: TrackPrompt): Prompt {
  if (object === 0) throw invalidArgument("Objects are numbered from 1.");
  if (!prompt) throw invalidArgument(`The prompt of object ${object} on frame ${frame} is left out.`);
  if (prompt.mask?.source.case === "previous") {
    throw invalidArgument("A prompt on a frame has no `previous`: send the mask as `rle`.");
  }
  return prompt;
}

/** A prompt with all that it needs. */
export function checkTrackPrompt(video: OpenedVideo, one: TrackPrompt | undefined): TrackPrompt & { prompt: Prompt } {
  if (!one) throw invalidArgument("The command has no `prompt`.");
  const { object, frame } = one;
  checkFrame(video, frame, "A prompt's");
  const prompt = checkPrompt(one);
  const ids = new Set([...video.objects.keys(), ...video.asked.map((waiting) => waiting.prompt.object), object]);
  if (ids.size > maxTrackedObjects) throw invalidArgument(`At most ${maxTrackedObjects} objects are followed.`);
  const count = [...video.objects.values()].reduce((sum, { shown }) => sum + shown.size, video.asked.length);
  if (count >= maxTrackPrompts && !video.objects.get(object)?.shown.has(frame)) {
    throw invalidArgument(`A video has at most ${maxTrackPrompts} prompts.`);
  }
  return { ...one, prompt };
}

/** Of one command. */
const maxKnown = listLimits["maskwire.v1.KnownFrames.frames"] ?? 0;

export function checkKnownCount(count: number): void {
  if (count > maxKnown) throw invalidArgument(`\`known\` has at most ${maxKnown} frames in a command.`);
}

/** A mask of a client's. @param what in the sentence: "of object 1 on frame 3". */
export function readMask(rle: Parameters<typeof decodeRle>[0], size: Size | undefined, what: string): MaskRuns {
  let runs: MaskRuns;
  try {
    runs = decodeRle(rle);
  } catch (error) {
    throw invalidArgument(`The mask ${what} cannot be read: ${(error as Error).message}`);
  }
  if (size && (runs.width !== size.width || runs.height !== size.height)) {
    const is = `${runs.width} x ${runs.height} pixels, the frame ${size.width} x ${size.height}`;
    throw invalidArgument(`The mask ${what} is ${is}.`);
  }
  return runs;
}

/** The mask of a prompt that is nothing else, which is taken as it is. */
export const givenMask = ({ points, box, mask, text }: Prompt) =>
  points.length === 0 && !box && text === "" && mask?.source.case === "rle" ? mask.source.value : undefined;

export const noVideoOpen = () =>
  new ServiceError({ code: Code.FAILED_PRECONDITION, message: "No video is open; send `open` first." });
export const tooMuchKept = (retryAfterMs: number) =>
  new ServiceError({
    code: Code.RESOURCE_EXHAUSTED,
    message: "There is no room for more of this video here; close another one, or send a part of it.",
    retryAfterMs,
  });
