import { create } from "@bufbuild/protobuf";
import {
  type KnownMask,
  type KnownPicture,
  KnownPictureSchema,
  maxKnownPictures,
  type Rle,
  type TrackMemory,
  TrackState,
} from "../../../proto/index.js";
import { lastOf, sourceOf } from "./plan.js";
import type { KnownMemory, OpenedVideo, PlannedStep, Run, TrackedObject } from "./video-state.js";
import { withinRequest } from "./within-request.js";

/** How far back a step looks. */
interface Reach extends Pick<TrackMemory, "shownFrames" | "madeFrames"> {
  readonly pictures: number;
}

/** Of a model without a memory: frames that were made last on the way are compared with the next; the nearest that a person has shown are too. Each takes time. */
const ofLabels: Reach = { shownFrames: 2, madeFrames: 3, pictures: 20 };

export const reachOf = (memory: KnownMemory | undefined): Reach =>
  memory === undefined || memory === "none" ? ofLabels : { ...memory, pictures: maxKnownPictures };

/**
 * What the masks of a step's objects are made from: shown frames, which are searched all over, and those on the way; the nearest comes
 * last, for a decoder takes that for the one before.
 * A frame on which an object was absent says something too: what is seen there is something else. One that was shown of one object and made
 * of another is both.
 */
export function knownFor(video: OpenedVideo, run: Run, { frame, objects: ids }: PlannedStep): KnownPicture[] {
  const { shownFrames, madeFrames, pictures: most } = reachOf(run.memory);
  const objects = ids.flatMap((id) => video.objects.get(id) ?? []);
  const shown = nearestShown(frame, objects, shownFrames, most - madeFrames);
  const last = lastOf(video, run);
  const isKnown = (object: TrackedObject, at: number) =>
    isOnTheWay(object, at, frame, last) && knownAt(object, at) !== undefined;
  const recent = nearFrames(frame, madeFrames).filter((at) => objects.some((object) => isKnown(object, at)));
  const pictures = [
    ...[...shown].map((at) => {
      const masks = objects.flatMap(({ id, shown: own }) => {
        const rle = own.get(at);
        return rle ? [{ object: id, rle }] : [];
      });
      return { at, everywhere: true, masks };
    }),
    ...recent.map((at) => {
      const others = objects.filter((object) => !(shown.has(at) && object.shown.has(at)) && isKnown(object, at));
      const masks = others.map((object) => ({ object: object.id, ...knownAt(object, at) }));
      return { at, everywhere: false, masks };
    }),
  ];
  const known = pictures
    .filter(({ masks }) => masks.length > 0)
    .sort((a, b) => Math.abs(b.at - frame) - Math.abs(a.at - frame))
    .map(({ at, ...one }) => create(KnownPictureSchema, { imageId: video.imageIds[at] ?? "", frame: at, ...one }));
  return withinRequest(known);
}

/** Each object's nearest, as many as there is room for: one of each is, always. */
function nearestShown(
  frame: number,
  objects: readonly TrackedObject[],
  shownFrames: number,
  room: number,
): Set<number> {
  const chosen = new Set<number>();
  const nearest = objects.map(({ shownFrames: all }) =>
    [...all].sort((a, b) => Math.abs(a - frame) - Math.abs(b - frame)).slice(0, shownFrames),
  );
  for (let rank = 0; rank < shownFrames; rank++) {
    for (const all of nearest) {
      const one = all[rank];
      if (one !== undefined && chosen.size < room) chosen.add(one);
    }
  }
  return chosen;
}

/** So many on either side, the nearest last. */
function nearFrames(frame: number, count: number): number[] {
  const near = Array.from({ length: count }, (_, at) => count - at);
  return [...near.map((far) => frame - far), ...near.map((far) => frame + far)].filter((at) => at >= 0);
}

/** Whether a frame lies between this one and that from which the object is followed to it. */
function isOnTheWay(object: TrackedObject, at: number, frame: number, last: number): boolean {
  const source = sourceOf(object, frame, last);
  if (source === undefined) return false;
  return source < frame ? source <= at && at < frame : frame < at && at <= source;
}

/** What is outdated, or was forgotten, is no better than nothing. */
function knownAt(
  { shown, cells }: TrackedObject,
  frame: number,
): Partial<Pick<KnownMask, "rle" | "state">> | undefined {
  const cell = cells.get(frame);
  const rle: Rle | undefined = shown.get(frame) ?? (cell?.isOutdated ? undefined : cell?.rle);
  if (rle) return { rle };
  const isAbsent = cell?.state === TrackState.ABSENT && !cell.isOutdated;
  return isAbsent ? { state: TrackState.ABSENT } : undefined;
}
