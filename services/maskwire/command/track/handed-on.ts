import type { MessageInitShape } from "@bufbuild/protobuf";
import {
  type FrameMasks,
  type KnownFrameSchema,
  type KnownMaskSchema,
  type Model,
  maxKnownFrames,
  TrackState,
} from "../../../../proto/index.js";

import type { Portion } from "./portions.js";

/** Of a model without a memory. */
const withoutMemory = 3;

/**
 * How many frames beside a portion of a video a model looks back at.
 * @param id empty: the usual one. What was remembered by a model that is not listed is nobody's to know: it is asked as if it had no memory.
 */
export function reachOf(models: readonly Model[], id: string): number {
  const model = models.find((one) => (id === "" ? one.usual : one.id === id));
  return Math.min(model?.capabilities?.memory?.madeFrames ?? withoutMemory, Math.floor(maxKnownFrames / 2));
}

/** What the frames from `first` to `last` go on from: the masks beside them that were followed, and in which frames there was none. */
export function handedOn(
  masks: ReadonlyMap<number, Pick<FrameMasks, "objects">>,
  { first, last }: Portion,
  reach: number,
): MessageInitShape<typeof KnownFrameSchema>[] {
  const beside = Array.from({ length: reach }, (_, at) => [first - 1 - at, last + 1 + at]).flat();
  return beside.flatMap((frame) => {
    // What a person has shown is in the prompts.
    const followed = masks.get(frame)?.objects.filter(({ state }) => state !== TrackState.CORRECTED) ?? [];
    const known = followed.flatMap(({ object, state, mask }): MessageInitShape<typeof KnownMaskSchema>[] => {
      if (state === TrackState.ABSENT) return [{ object, state }];
      return mask?.rle ? [{ object, state, rle: mask.rle }] : [];
    });
    return known.length > 0 ? [{ frame, masks: known }] : [];
  });
}
