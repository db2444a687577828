import type { FrameOfTrack, Remembered } from "../propagator.js";

/*
 * Which frames SAM 2 looks back at: the rules of `_prepare_memory_conditioned_features` in `sam2/modeling/sam2_base.py` of
 * facebookresearch/sam2, as version 2.1 is configured.
 */

/** Mask memories of a step: the shown frames', and those of the frames before it. */
const mostMasks = 7;
/** Pointers of a step. */
const mostPointers = 16;

/** What a step can use of an object: of frames that were shown the nearest, and of those that were made on the way the last. */
export const bankReach = { shown: mostMasks - 1, made: mostPointers - 1 } as const;

/** A mask memory, and which of the seven temporal encodings is added to it. */
interface ChosenMask<Memory> {
  readonly frame: number;
  readonly memory: Memory;
  readonly encoding: number;
}

/** A pointer, and how many frames it is from this one: below 0 for those that the track has yet to come to. */
interface ChosenPointer<Memory> {
  readonly frame: number;
  readonly memory: Memory;
  readonly distance: number;
}

interface Bank<Memory> {
  readonly masks: readonly ChosenMask<Memory>[];
  readonly pointers: readonly ChosenPointer<Memory>[];
}

/** @param stays how many shown frames are looked at: the graphs take seven mask memories in all. */
export function bankFor<Memory>(
  { frame, direction }: FrameOfTrack,
  { shown, followed }: Pick<Remembered<Memory>, "shown" | "followed">,
  stays: number = bankReach.shown,
): Bank<Memory> {
  const way = direction === "forward" ? 1 : -1;
  const nearest = [...shown].sort(([a], [b]) => Math.abs(a - frame) - Math.abs(b - frame)).slice(0, stays);
  const looked = new Map(nearest.sort(([a], [b]) => a - b));
  /** A shown frame that is not looked at as such counts as one that was followed. */
  const before = (distance: number) => {
    const at = frame - way * distance;
    return looked.has(at) ? undefined : (shown.get(at) ?? followed.get(at));
  };
  // The last encoding is the shown frames', the first that of the frame just before.
  const masks = [...looked].map(([at, memory]) => ({ frame: at, memory, encoding: mostMasks - 1 }));
  for (let distance = mostMasks - 1; distance >= 1; distance--) {
    const memory = before(distance);
    if (memory !== undefined) masks.push({ frame: frame - way * distance, memory, encoding: distance - 1 });
  }
  const pointers = [...looked]
    .filter(([at]) => way * (frame - at) >= 0)
    .map(([at, memory]) => ({ frame: at, memory, distance: way * (frame - at) }));
  for (let distance = 1; distance < mostPointers; distance++) {
    const memory = before(distance);
    if (memory !== undefined) pointers.push({ frame: frame - way * distance, memory, distance });
  }
  return { masks: fitting(masks, looked.size), pointers: pointers.slice(0, mostPointers) };
}

/** The graphs take seven: with several shown frames the followed ones farthest back are left out. */
function fitting<Memory>(masks: readonly ChosenMask<Memory>[], shown: number): readonly ChosenMask<Memory>[] {
  return [...masks.slice(0, shown), ...masks.slice(Math.max(shown, masks.length - (mostMasks - shown)))];
}
