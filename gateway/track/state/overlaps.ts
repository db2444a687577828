import { create } from "@bufbuild/protobuf";
import {
  combineMasks,
  decodeRle,
  encodeRle,
  MaskSchema,
  type Rle,
  rleArea,
  rleBoundingBox,
  type TrackedMask,
  TrackedMaskSchema,
  TrackState,
} from "../../../proto/index.js";
import { withCell } from "./shown-objects.js";
import type { OpenedVideo } from "./video-state.js";

/**
 * Masks that were just made on a frame, beside those of its other objects: what people have shown keeps its pixels, and what was made before
 * gives its own up. Those of `made` share none.
 * @returns all that are not as they were, as they are told; the others are in the video already.
 */
export function withoutOverlaps(video: OpenedVideo, frame: number, made: readonly TrackedMask[]) {
  const ids = new Set(made.map(({ object }) => object));
  const others = [...video.objects.values()].filter(({ id }) => !ids.has(id));
  const shown = others.flatMap((object) => object.shown.get(frame) ?? []);
  const masks = made.map((one) => (one.state === TrackState.CORRECTED ? one : without(one, shown)));
  const pixels = masks.flatMap(({ mask }) => mask?.rle ?? []);
  let after = video;
  const gaveUp: TrackedMask[] = [];
  for (const { id, cells } of others) {
    const cell = cells.get(frame);
    if (!cell?.rle || cell.isOutdated) continue;
    const { state, agreement, rle } = cell;
    const before = create(TrackedMaskSchema, { object: id, state, agreement, mask: maskOf(rle) });
    const left = without(before, pixels);
    if (left === before) continue;
    gaveUp.push(left);
    after = withCell(after, id, frame, { ...cell, state: left.state, rle: left.mask?.rle });
  }
  return { video: after, masks: [...masks, ...gaveUp].sort((a, b) => a.object - b.object) };
}

/** What is known of all objects on a frame. */
export function objectsAt({ objects }: OpenedVideo, frame: number): TrackedMask[] {
  return [...objects.values()]
    .flatMap(({ id, shown, cells }): TrackedMask[] => {
      const [own, cell] = [shown.get(frame), cells.get(frame)];
      if (own) {
        const corrected = { object: id, state: TrackState.CORRECTED, mask: maskOf(own), agreement: 1 };
        return [create(TrackedMaskSchema, corrected)];
      }
      if (!cell || cell.isOutdated || (!cell.rle && cell.state !== TrackState.ABSENT)) return [];
      const { state, agreement, rle } = cell;
      return [create(TrackedMaskSchema, { object: id, state, agreement, ...(rle ? { mask: maskOf(rle) } : {}) })];
    })
    .sort((a, b) => a.object - b.object);
}

/** @returns the same where nothing is taken from it. */
function without(one: TrackedMask, pixels: readonly Rle[]): TrackedMask {
  const own = one.mask?.rle;
  if (!own || pixels.length === 0) return one;
  const before = decodeRle(own);
  let left = before;
  for (const rle of pixels) left = combineMasks(left, decodeRle(rle), "difference");
  const area = rleArea(left);
  if (area === rleArea(before)) return one;
  const { object, agreement } = one;
  if (area === 0) return create(TrackedMaskSchema, { object, state: TrackState.ABSENT, agreement });
  const { predictedIou = 0, stabilityScore = 0 } = one.mask ?? {};
  const cut = { rle: encodeRle(left), bbox: rleBoundingBox(left), area, predictedIou, stabilityScore };
  return create(TrackedMaskSchema, { object, state: one.state, agreement, mask: create(MaskSchema, cut) });
}

/** A mask of which the runs alone are known. */
export function maskOf(rle: Rle) {
  const runs = decodeRle(rle);
  const bbox = rleBoundingBox(runs);
  return create(MaskSchema, { rle, bbox, area: rleArea(runs), predictedIou: 1, stabilityScore: 1 });
}
