import { create } from "@bufbuild/protobuf";
import {
  decodeRle,
  encodeRle,
  type ImageInfo,
  KnownMaskSchema,
  type KnownPicture,
  KnownPictureSchema,
  maxKnownPictures,
  maxTrackedObjects,
  PropagateRequestSchema,
  polygonsToRle,
  rleBoundingBox,
  type TrackedMask,
} from "../../../proto/index.js";
import { invalidArgument, isNotFound } from "../../../services/runtime/errors.js";
import { holderOf } from "../../../services/runtime/limits/shares.js";
import type { Asked } from "../shared/adapter.js";
import { boxAround, type Corners, cornersOf } from "../shared/geometry.js";
import { onPicture, type Picture, sizeOf } from "../shared/picture.js";
import { segment } from "../shared/segment.js";
import { checkState, type Remembered, readState, type TrackerState, writeState } from "./tracker-state.js";

/** Objects that CVAT has tracked at once. */
export const mostTracked = 64;
/** Of an object's size, on each side: from one frame to the next it moves less. */
const searchShare = 0.1;

interface Tracked {
  /** Its corners, in pixels. */
  readonly shape: Corners;
  readonly state: TrackerState;
}

/** An object of an earlier frame. */
interface Followed {
  readonly index: number;
  readonly state: TrackerState;
}

/**
 * The objects of a frame (X16). One without a state is drawn by a person on this frame: its mask is remembered. One with a state is looked
 * for by what that remembers, as the frames of a video are.
 * @param shapes corners of each object, flat. @param states in the same order; null or left out for none.
 * @throws ServiceError of what is asked.
 */
export async function trackObjects(
  asked: Asked,
  picture: Picture,
  shapes: readonly (readonly number[])[],
  states: readonly unknown[],
): Promise<{ shapes: number[][]; states: unknown[] }> {
  if (states.length > shapes.length) throw invalidArgument("There are more `states` than `shapes`.");
  const boxes = shapes.map((shape) => boxAround(cornersOf(shape)));
  const known = shapes.map((_, index) => (states[index] == null ? undefined : readState(states[index], index)));
  const followed = known.flatMap((state, index) => (state ? [{ index, state }] : []));
  const image = await sizeOf(asked, picture);
  for (const { index, state } of followed) checkState(state, image, index);
  const found = await follow(asked, picture, followed, image);
  const tracked: Tracked[] = [];
  for (const [index, shape] of boxes.entries()) {
    const state = known[index];
    const mask = found.get(index);
    if (!state) tracked.push({ shape, state: await begun(asked, picture, shape, image) });
    else if (mask === "lost") tracked.push(await foundAnew(asked, picture, shape, image));
    // CVAT has no way to be told that an object is away: it stays where it was, and is looked for again.
    else tracked.push(mask ? moved(state, mask) : { shape, state });
  }
  return {
    shapes: tracked.map(({ shape: { x0, y0, x1, y1 } }) => [x0, y0, x1, y1]),
    states: tracked.map(({ state }) => writeState(state, tracked.length)),
  };
}

/** @returns masks by object; "lost" where nobody has any of the pictures that it was seen on; nothing where it cannot be seen. */
async function follow(
  asked: Asked,
  picture: Picture,
  followed: readonly Followed[],
  image: ImageInfo,
): Promise<Map<number, Remembered | "lost">> {
  const found = new Map<number, Remembered | "lost">();
  const others: Followed[] = [];
  for (const one of followed) {
    // A video that stands still has one picture twice.
    const same = seenOn(one.state).find(({ imageId }) => imageId === picture.imageId);
    if (same) found.set(one.index, same);
    else others.push(one);
  }
  const there = new Map<string, boolean>();
  for (const group of groupsOf(others)) {
    for (const [index, mask] of await followTogether(asked, picture, group, image, there)) found.set(index, mask);
  }
  return found;
}

/** As many at once as a decoder takes: pixels are divided among them. */
function groupsOf(followed: readonly Followed[]): Followed[][] {
  const groups: { objects: Followed[]; pictures: Set<string> }[] = [];
  for (const one of followed) {
    const pictures = seenOn(one.state).map(({ imageId }) => imageId);
    const group = groups.find(
      (open) =>
        open.objects.length < maxTrackedObjects && new Set([...open.pictures, ...pictures]).size <= maxKnownPictures,
    );
    if (!group) groups.push({ objects: [one], pictures: new Set(pictures) });
    else {
      group.objects.push(one);
      for (const id of pictures) group.pictures.add(id);
    }
  }
  return groups.map(({ objects }) => objects);
}

/** @param there which pictures were found to be known still, and which not. */
async function followTogether(
  asked: Asked,
  picture: Picture,
  group: readonly Followed[],
  image: ImageInfo,
  there: Map<string, boolean>,
): Promise<Map<number, Remembered | "lost">> {
  const found = new Map<number, Remembered | "lost">();
  const known = knownOf(group, image).filter(({ imageId }) => there.get(imageId) ?? true);
  const isKnown = (index: number) => known.some(({ masks }) => masks.some(({ object }) => object === index));
  for (const { index } of group) if (!isKnown(index)) found.set(index, "lost");
  if (known.length === 0) return found;
  let objects: readonly TrackedMask[];
  try {
    objects = await propagated(asked, picture, known);
  } catch (error) {
    if (!isNotFound(error)) throw error;
    const before = there.size;
    for (const { imageId } of known) if (!there.has(imageId)) there.set(imageId, await isThere(asked, imageId));
    await onPicture(asked, picture, (imageId) => asked.ask.openImage({ imageId, model: "" }, asked.call));
    // What is gone now was there a moment ago.
    if (there.size === before) throw error;
    return followTogether(asked, picture, group, image, there);
  }
  for (const { object, mask } of objects) {
    if (mask?.rle) found.set(object, { imageId: picture.imageId, counts: mask.rle.counts });
  }
  return found;
}

/** Pictures with the masks on them, the nearest last: a decoder takes that for the one before. */
function knownOf(group: readonly Followed[], { width, height }: ImageInfo): KnownPicture[] {
  const pictures = new Map<string, { before: number; everywhere: boolean; masks: KnownPicture["masks"] }>();
  for (const { index, state } of group) {
    const seen = seenOn(state);
    for (const [at, { imageId, counts }] of seen.entries()) {
      const before = seen.length - at;
      const one = pictures.get(imageId) ?? { before, everywhere: false, masks: [] };
      one.before = Math.min(one.before, before);
      one.everywhere ||= at === 0;
      // Of two on one picture the first is a person's.
      if (one.masks.every(({ object }) => object !== index)) {
        one.masks.push(create(KnownMaskSchema, { object: index, rle: { size: [height, width], counts } }));
      }
      pictures.set(imageId, one);
    }
  }
  return [...pictures]
    .sort(([, a], [, b]) => b.before - a.before)
    .map(([imageId, { everywhere, masks }]) => create(KnownPictureSchema, { imageId, everywhere, masks }));
}

async function propagated(
  { ask, call, turns }: Asked,
  { imageId }: Picture,
  known: KnownPicture[],
): Promise<readonly TrackedMask[]> {
  const leave = await turns.enter(holderOf(call.origin ?? {}), call.signal);
  try {
    const video = known[0]?.imageId ?? imageId;
    return (await ask.propagate(create(PropagateRequestSchema, { imageId, known, video }), call)).objects;
  } finally {
    leave();
  }
}

async function isThere({ ask, call }: Asked, imageId: string): Promise<boolean> {
  try {
    await ask.openImage({ imageId, model: "" }, call);
    return true;
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}

/** What a person has drawn a box around; where nothing is found in it, the box itself. */
async function begun(asked: Asked, picture: Picture, box: Corners, image: ImageInfo): Promise<TrackerState> {
  const { masks } = await segment(asked, picture, { box });
  const [best] = masks;
  const counts = best?.rle && best.area > 0 ? best.rle.counts : countsOfBox(box, image);
  return { size: [image.height, image.width], shown: { imageId: picture.imageId, counts }, recent: [] };
}

/** Where it was last, on this frame: it is followed from here. */
async function foundAnew(asked: Asked, picture: Picture, box: Corners, image: ImageInfo): Promise<Tracked> {
  const state = await begun(asked, picture, around(box, image), image);
  return { shape: cornersOfMask(state.shown, state.size), state };
}

function around({ x0, y0, x1, y1 }: Corners, { width, height }: ImageInfo): Corners {
  const [x, y] = [searchShare * (x1 - x0), searchShare * (y1 - y0)];
  return {
    x0: Math.max(0, x0 - x),
    y0: Math.max(0, y0 - y),
    x1: Math.min(width, x1 + x),
    y1: Math.min(height, y1 + y),
  };
}

function moved(state: TrackerState, mask: Remembered): Tracked {
  const isNew = seenOn(state).every(({ imageId }) => imageId !== mask.imageId);
  const shape = cornersOfMask(mask, state.size);
  return { shape, state: isNew ? { ...state, recent: [...state.recent, mask] } : state };
}

const seenOn = ({ shown, recent }: TrackerState): readonly Remembered[] => [shown, ...recent];

/** Corners lie between pixels: the right one behind the last of them. */
function cornersOfMask({ counts }: Remembered, [height, width]: TrackerState["size"]): Corners {
  const box = rleBoundingBox(decodeRle({ size: [height, width], counts }));
  return { x0: box.x, y0: box.y, x1: box.x + box.width, y1: box.y + box.height };
}

function countsOfBox({ x0, y0, x1, y1 }: Corners, { width, height }: ImageInfo): string {
  return encodeRle(polygonsToRle([[x0, y0, x1, y0, x1, y1, x0, y1]], width, height)).counts;
}
