import { create } from "@bufbuild/protobuf";
import { type KnownPicture, KnownPictureSchema, maxKnownPictures, type Rle } from "../../../proto/index.js";
import { lastOf, sourceOf } from "./plan.js";
import type { OpenedVideo, PlannedStep, Run, TrackedObject } from "./video-state.js";

/** Frames that were made last on the way are compared with the next; those that a person has shown nearest to it are too. */
const recentFrames = 3;
const shownFrames = 2;

/**
 * What the masks of a step's objects are made from: shown frames, which are searched all over, and those on the way; the nearest comes
 * last, for a decoder takes that for the one before.
 */
export function knownFor(video: OpenedVideo, run: Run, { frame, objects: ids }: PlannedStep): KnownPicture[] {
  const objects = ids.flatMap((id) => video.objects.get(id) ?? []);
  const shown = nearestShown(frame, objects);
  const last = lastOf(video, run);
  const recent = recentOf(frame, objects, last).filter((at) => !shown.has(at));
  const frames = [...shown, ...recent].sort((a, b) => Math.abs(b - frame) - Math.abs(a - frame));
  return frames
    .map((at) => {
      const everywhere = shown.has(at);
      const masks = objects.flatMap((object) => {
        const rle = everywhere
          ? object.shown.get(at)
          : isOnTheWay(object, at, frame, last)
            ? maskAt(object, at)
            : undefined;
        return rle ? [{ object: object.id, rle }] : [];
      });
      return create(KnownPictureSchema, { imageId: video.imageIds[at] ?? "", everywhere, masks });
    })
    .filter(({ masks }) => masks.length > 0);
}

/** Each object's nearest, as many as there is room for: one of each is, always. */
function nearestShown(frame: number, objects: readonly TrackedObject[]): Set<number> {
  const chosen = new Set<number>();
  const room = maxKnownPictures - recentFrames;
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

/** Frames just before this one on the way of one of the objects, the nearest last. */
function recentOf(frame: number, objects: readonly TrackedObject[], last: number): number[] {
  const near = Array.from({ length: recentFrames }, (_, at) => recentFrames - at);
  return [...near.map((far) => frame - far), ...near.map((far) => frame + far)].filter(
    (at) => at >= 0 && objects.some((object) => isOnTheWay(object, at, frame, last) && maskAt(object, at)),
  );
}

/** Whether a frame lies between this one and that from which the object is followed to it. */
function isOnTheWay(object: TrackedObject, at: number, frame: number, last: number): boolean {
  const source = sourceOf(object, frame, last);
  if (source === undefined) return false;
  return source < frame ? source <= at && at < frame : frame < at && at <= source;
}

/** What is outdated is no better than nothing. */
function maskAt({ shown, cells }: TrackedObject, frame: number): Rle | undefined {
  const cell = cells.get(frame);
  return shown.get(frame) ?? (cell?.isOutdated ? undefined : cell?.rle);
}
