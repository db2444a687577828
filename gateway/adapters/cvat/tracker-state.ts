import { z } from "zod";
import {
  decodeRle,
  encodeRle,
  type ImageInfo,
  maxKnownPictures,
  polygonsOf,
  polygonsToRle,
} from "../../../proto/index.js";
import { Code, invalidArgument, ServiceError } from "../../../services/runtime/errors.js";
import { checkImageId } from "../../../services/runtime/image-id.js";
import { cornersOf, simplify } from "../shared/geometry.js";

/** An object's mask on a picture, which is known by its id. */
interface Remembered {
  readonly imageId: string;
  /** As COCO writes run lengths. */
  readonly counts: string;
}

/** What was seen of an object on a frame that it was looked for on. */
interface Seen {
  /** Frames since the one that was shown, which is 0. */
  readonly frame: number;
  readonly imageId: string;
  /** Undefined where it was absent. */
  readonly counts: string | undefined;
}

/** What an object is followed by. CVAT keeps it from one frame to the next, signed, so that nothing of it is kept here. */
export interface TrackerState {
  /** Height and width of its pictures. */
  readonly size: readonly [height: number, width: number];
  /** On the frame where a person has drawn it, or where it had to be found anew. */
  readonly shown: Remembered;
  /** The last that it was looked for on. */
  readonly frame: number;
  /** On the last frames, the nearest last. */
  readonly recent: readonly Seen[];
}

/** As many as a decoder is told of; a model that looks back less is told less. */
const mostRecent = maxKnownPictures - 1;
/** Of all states together: a body's rest has a mebibyte, and CVAT writes what is in quotes without escapes. */
const mostBytes = 768 * 1024;
/** Beside the masks: of the state, and of each frame. */
const headBytes = 384;
const frameBytes = 112;
/** Long strings of Base64's letters are taken for pictures, where bodies are read: a colon is none of them. */
const mark = "rle:";
/** Pixels by which an outline may leave a mask that is too ragged to be kept. */
const tolerance = 4;

const remembered = z.tuple([z.string(), z.string().startsWith(mark).max(mostBytes)]);
const side = z.number().int().positive();
const count = z.number().int().nonnegative().max(0x7fff_ffff);
/** Without a mask where the object was absent. */
const seen = z.union([z.tuple([count, ...remembered.def.items]), z.tuple([count, z.string()])]);
const form = z
  .strictObject({
    maskwire: z.literal(2),
    size: z.tuple([side, side]),
    shown: remembered,
    frame: count,
    recent: z.array(seen).max(mostRecent),
  })
  .refine(({ frame, recent }) => {
    const frames = [0, ...recent.map(([at]) => at), frame + 1];
    return frames.every((at, index) => index === 0 || at > (frames[index - 1] ?? 0));
  });

/** @param index of its object, from 0. @throws ServiceError INVALID_ARGUMENT for what has not the form that `writeState` gives it. */
export function readState(value: unknown, index: number): TrackerState {
  const { data } = form.safeParse(value);
  if (!data) throw noneOfOurs(index);
  const { size, frame } = data;
  const [imageId, counts] = data.shown;
  return {
    size,
    frame,
    shown: { imageId: checkImageId(imageId), counts: counts.slice(mark.length) },
    recent: data.recent.map(([at, id, mask]) => ({
      frame: at,
      imageId: checkImageId(id),
      counts: mask?.slice(mark.length),
    })),
  };
}

/**
 * @param index of its object, from 0. @throws ServiceError INVALID_ARGUMENT for a state of frames of another size than this one's, and for
 * masks that are none.
 */
export function checkState(
  { size: [height, width], shown, recent }: TrackerState,
  image: ImageInfo,
  index: number,
): void {
  if (image.width !== width || image.height !== height) {
    throw invalidArgument(
      `This frame is ${image.width} x ${image.height} pixels, those that object ${index} was tracked on ${width} x ${height}; a video has one size.`,
    );
  }
  try {
    for (const { counts } of [shown, ...recent]) {
      if (counts !== undefined) decodeRle({ size: [height, width], counts });
    }
  } catch (cause) {
    if (cause instanceof RangeError) throw noneOfOurs(index);
    throw cause;
  }
}

const noneOfOurs = (index: number) =>
  invalidArgument(`states.${index} is none of this tracker's; start tracking the object again.`);

/**
 * A state as JSON has it, within its part of what a body may carry: the frames that are farthest back are left out first, then
 * the shape of a mask that a person has drawn is coarser.
 * @param count of the objects whose states travel together. @throws ServiceError RESOURCE_EXHAUSTED where there are too many of them.
 */
export function writeState(state: TrackerState, count: number): z.input<typeof form> {
  const most = Math.floor(mostBytes / count) - headBytes;
  const { size, frame, recent } = state;
  const shown = state.shown.counts.length <= most ? state.shown : coarser(state.shown, size);
  if (shown.counts.length > most) {
    const message = "These objects are too many and too large to be tracked together; track fewer of them at once.";
    throw new ServiceError({ code: Code.RESOURCE_EXHAUSTED, message });
  }
  const kept: Seen[] = [];
  let left = most - shown.counts.length;
  for (const one of recent.slice(-mostRecent).reverse()) {
    left -= (one.counts?.length ?? 0) + frameBytes;
    if (left < 0) break;
    kept.unshift(one);
  }
  return {
    maskwire: 2,
    size: [...size],
    shown: [shown.imageId, mark + shown.counts],
    frame,
    recent: kept.map(({ frame: at, imageId, counts }) =>
      counts === undefined ? [at, imageId] : [at, imageId, mark + counts],
    ),
  };
}

/** The mask within its longest outline, drawn with fewer corners. */
function coarser({ imageId, counts }: Remembered, [height, width]: TrackerState["size"]): Remembered {
  const { outer } = polygonsOf(decodeRle({ size: [height, width], counts }));
  const [outline = []] = [...outer].sort((a, b) => b.length - a.length);
  const ring = simplify(cornersOf(outline), tolerance).flat();
  return { imageId, counts: encodeRle(polygonsToRle([ring], width, height)).counts };
}
