import {
  decodeRle,
  maxFrames,
  maxKnownFrames,
  maxTrackedObjects,
  maxTrackPrompts,
  type Prompt,
  type TrackPrompt,
  type TrackVideoRequest,
} from "../../proto/index.js";
import { invalidArgument } from "../../services/runtime/errors.js";
import { checkImageId } from "../../services/runtime/image-id.js";
import type { FrameMemory } from "./memory.js";

/** A video and what is asked of it, checked. */
export interface Video {
  readonly imageIds: readonly string[];
  readonly model: string;
  /** By frame. */
  readonly prompts: ReadonlyMap<number, readonly TrackPrompt[]>;
  readonly objects: readonly number[];
  /** Frames that are wanted, both of them too. */
  readonly first: number;
  readonly last: number;
  /** Tracked before. */
  readonly known: readonly FrameMemory[];
}

/** @throws ServiceError INVALID_ARGUMENT with a sentence that names what is wrong. */
export function checkVideo(request: TrackVideoRequest): Video {
  const { imageIds, model, prompts, first = 0, known } = request;
  const count = imageIds.length;
  if (count === 0) throw invalidArgument("`imageIds` names no frame of a video.");
  if (count > maxFrames) throw invalidArgument(`A video has at most ${maxFrames} frames; send a part of it.`);
  if (prompts.length === 0) throw invalidArgument("Nothing is to be followed: `prompts` has none.");
  if (prompts.length > maxTrackPrompts) throw invalidArgument(`A video has at most ${maxTrackPrompts} prompts.`);
  if (known.length > maxKnownFrames) throw invalidArgument(`\`known\` has at most ${maxKnownFrames} frames.`);
  const last = request.last ?? count - 1;
  const checkFrame = (frame: number, what: string) => {
    if (frame >= count) throw invalidArgument(`${what} is frame ${frame}; the video's last is ${count - 1}.`);
  };
  checkFrame(last, "`last`");
  if (first > last) throw invalidArgument(`\`first\` is frame ${first}, behind \`last\`, ${last}.`);
  const byFrame = new Map<number, TrackPrompt[]>();
  for (const one of prompts) {
    checkFrame(one.frame, "A prompt's");
    checkPrompt(one);
    const there = byFrame.get(one.frame) ?? [];
    if (there.some(({ object }) => object === one.object)) {
      throw invalidArgument(`Object ${one.object} has two prompts on frame ${one.frame}; put them into one.`);
    }
    byFrame.set(one.frame, [...there, one]);
  }
  const objects = [...new Set(prompts.map(({ object }) => object))].sort((a, b) => a - b);
  if (objects.length > maxTrackedObjects) throw invalidArgument(`At most ${maxTrackedObjects} objects are followed.`);
  return {
    imageIds: imageIds.map((id) => checkImageId(id)),
    model,
    prompts: byFrame,
    objects,
    first,
    last,
    known: known.map(({ frame, masks }) => {
      checkFrame(frame, "One of `known`");
      const rles = masks.flatMap(({ object, rle }) =>
        rle && objects.includes(object) ? [[object, rle] as const] : [],
      );
      return { frame, masks: new Map(rles) };
    }),
  };
}

function checkPrompt({ object, frame, prompt }: TrackPrompt): void {
  if (object === 0) throw invalidArgument("Objects are numbered from 1.");
  if (!prompt) throw invalidArgument(`The prompt of object ${object} on frame ${frame} is left out.`);
  if (prompt.mask?.source.case === "previous") {
    throw invalidArgument("A prompt on a frame has no `previous`: send the mask as `rle`.");
  }
  if (prompt.text !== "") {
    throw invalidArgument(
      "Words name many objects: find them in the frame first, and follow those you choose by their masks.",
    );
  }
}

/** The mask of a prompt that is nothing else, which is taken as it is. @throws ServiceError INVALID_ARGUMENT */
export function givenMask({ points, box, mask }: Prompt) {
  if (points.length > 0 || box || mask?.source.case !== "rle") return undefined;
  try {
    return decodeRle(mask.source.value);
  } catch (error) {
    throw invalidArgument(`A prompt's mask cannot be read: ${(error as Error).message}`);
  }
}
