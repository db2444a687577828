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
  TrackState,
} from "../../../proto/index.js";
import { invalidArgument, isNotFound } from "../../../services/runtime/errors.js";
import { holderOf } from "../../../services/runtime/limits/shares.js";
import { reachOf } from "../../track/state/known-for.js";
import type { Asked } from "../shared/adapter.js";
import { boxAround, type Corners, cornersOf } from "../shared/geometry.js";
import { onPicture, type Picture, sizeOf } from "../shared/picture.js";
import { segment } from "../shared/segment.js";
import { checkState, readState, type TrackerState, writeState } from "./tracker-state.js";

/** Objects that CVAT has tracked at once. */
export const mostTracked = 64;
/** Of an object's size, on each side: from one frame to the next it moves less. */
const searchShare = 0.1;

interface Tracked {
  /** Its corners, in pixels. */
  readonly shape: Corners;
  readonly state: TrackerState;
}

/** Nobody has any of the pictures that an object was seen on. */
const lost = Symbol("lost");
/** A mask's run lengths, as COCO writes them. */
type Found = string | typeof lost;

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
  const { madeFrames } = reachOf(asked.memoryOf(""));
  const tracked: Tracked[] = [];
  for (const [index, shape] of boxes.entries()) {
    const state = known[index];
    const mask = found.get(index);
    if (!state) tracked.push({ shape, state: await begun(asked, picture, shape, image) });
    else if (mask === lost) tracked.push(await foundAnew(asked, picture, shape, image));
    else tracked.push(looked({ shape, state }, picture.imageId, mask, madeFrames));
  }
  return {
    shapes: tracked.map(({ shape: { x0, y0, x1, y1 } }) => [x0, y0, x1, y1]),
    states: tracked.map(({ state }) => writeState(state, tracked.length)),
  };
}

/** @returns masks' run lengths by object; nothing of one that cannot be seen. */
async function follow(
  asked: Asked,
  picture: Picture,
  followed: readonly Followed[],
  image: ImageInfo,
): Promise<Map<number, Found>> {
  const found = new Map<number, Found>();
  const there = new Map<string, boolean>();
  for (const group of groupsOf(followed)) {
    for (const [index, mask] of await followTogether(asked, picture, group, image, there)) found.set(index, mask);
  }
  return found;
}

/** As many at once as a decoder takes: pixels are divided among them. */
function groupsOf(followed: readonly Followed[]): Followed[][] {
  const groups: { objects: Followed[]; places: Set<string> }[] = [];
  for (const one of followed) {
    const places = sightsOf(one).map(placeOf);
    const group = groups.find(
      (open) =>
        open.objects.length < maxTrackedObjects && new Set([...open.places, ...places]).size <= maxKnownPictures,
    );
    if (!group) groups.push({ objects: [one], places: new Set(places) });
    else {
      group.objects.push(one);
      for (const place of places) group.places.add(place);
    }
  }
  return groups.map(({ objects }) => objects);
}

/** An object on an earlier frame. */
interface Sight {
  readonly index: number;
  /** So many frames before this one. */
  readonly before: number;
  readonly imageId: string;
  readonly counts: string | undefined;
  /** A person has shown it there. */
  readonly isShown: boolean;
}

function sightsOf({ index, state: { frame, shown, recent } }: Followed): Sight[] {
  return [
    { index, before: frame + 1, ...shown, isShown: true },
    ...recent.map(({ frame: at, ...seen }) => ({ index, before: frame + 1 - at, ...seen, isShown: false })),
  ];
}

/** A frame that is shown of one object and made of another is both (Y6). */
const placeOf = ({ before, isShown, imageId }: Sight) => `${before} ${isShown} ${imageId}`;

/** @param there which pictures were found to be known still, and which not. */
async function followTogether(
  asked: Asked,
  picture: Picture,
  group: readonly Followed[],
  image: ImageInfo,
  there: Map<string, boolean>,
): Promise<Map<number, Found>> {
  const found = new Map<number, Found>();
  const known = knownOf(group, image).filter(({ imageId }) => there.get(imageId) ?? true);
  const isKnown = (index: number) =>
    known.some(({ masks }) => masks.some(({ object, rle }) => rle && object === index));
  for (const { index } of group) if (!isKnown(index)) found.set(index, lost);
  if (known.length === 0) return found;
  let objects: readonly TrackedMask[];
  try {
    objects = await propagated(asked, picture, known, frameOf(group));
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
    if (mask?.rle) found.set(object, mask.rle.counts);
  }
  return found;
}

/** What CVAT does not say: counted from the first on which one of these was shown. */
const frameOf = (group: readonly Followed[]) => Math.max(...group.map(({ state }) => state.frame + 1));

/** Pictures with the masks on them, the nearest last: a decoder takes that for the one before. */
function knownOf(group: readonly Followed[], { width, height }: ImageInfo): KnownPicture[] {
  const now = frameOf(group);
  const places = new Map<string, Sight[]>();
  for (const sight of group.flatMap(sightsOf)) {
    const place = placeOf(sight);
    places.set(place, [...(places.get(place) ?? []), sight]);
  }
  return [...places.values()]
    .map((sights) => ({ sights, ...(sights[0] as Sight) }))
    .sort((a, b) => b.before - a.before || Number(b.isShown) - Number(a.isShown))
    .map(({ sights, before, imageId, isShown }) =>
      create(KnownPictureSchema, {
        imageId,
        everywhere: isShown,
        frame: now - before,
        masks: sights.map(({ index, counts }) =>
          create(
            KnownMaskSchema,
            counts === undefined
              ? { object: index, state: TrackState.ABSENT }
              : { object: index, rle: { size: [height, width], counts } },
          ),
        ),
      }),
    );
}

async function propagated(
  { ask, call, turns }: Asked,
  { imageId }: Picture,
  known: KnownPicture[],
  frame: number,
): Promise<readonly TrackedMask[]> {
  const leave = await turns.enter(holderOf(call.origin ?? {}), call.signal);
  try {
    const video = known[0]?.imageId ?? imageId;
    return (await ask.propagate(create(PropagateRequestSchema, { imageId, known, video, frame }), call)).objects;
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
  return { size: [image.height, image.width], shown: { imageId: picture.imageId, counts }, frame: 0, recent: [] };
}

/** Where it was last, on this frame: it is followed from here. */
async function foundAnew(asked: Asked, picture: Picture, box: Corners, image: ImageInfo): Promise<Tracked> {
  const state = await begun(asked, picture, around(box, image), image);
  return { shape: cornersOfMask(state.shown.counts, state.size), state };
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

/**
 * CVAT has no way to be told that an object is away: it stays where it was, and is looked for again.
 * @param reach how many frames back its model looks.
 */
function looked({ shape, state }: Tracked, imageId: string, counts: string | undefined, reach: number): Tracked {
  const frame = state.frame + 1;
  const near = [...state.recent, { frame, imageId, counts }].filter((seen) => seen.frame > frame - reach);
  const next = { ...state, frame, recent: near };
  return { shape: counts === undefined ? shape : cornersOfMask(counts, state.size), state: next };
}

/** Corners lie between pixels: the right one behind the last of them. */
function cornersOfMask(counts: string, [height, width]: TrackerState["size"]): Corners {
  const box = rleBoundingBox(decodeRle({ size: [height, width], counts }));
  return { x0: box.x, y0: box.y, x1: box.x + box.width, y1: box.y + box.height };
}

function countsOfBox({ x0, y0, x1, y1 }: Corners, { width, height }: ImageInfo): string {
  return encodeRle(polygonsToRle([[x0, y0, x1, y0, x1, y1, x0, y1]], width, height)).counts;
}
