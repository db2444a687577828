import { mayWantDetail, type SegmentRequest, type SegmentResult, wantsDetail } from "../../../proto/index.js";
import type { Region } from "../region.js";
import { choosePart } from "./choose-part.js";
import { pictureOf } from "./picture-of.js";

/** What of an answer is to be made finer, and where. */
export interface DetailPlan {
  readonly part: Region;
  /** Which of its masks: the best, and those that lie in the same part. */
  readonly masks: readonly number[];
}

/** @returns undefined where nothing is to be made finer, or cannot be. */
export function planDetail(request: SegmentRequest, { masks }: SegmentResult): DetailPlan | undefined {
  if (!mayWantDetail(request)) return undefined;
  const [best] = masks;
  const picture = best && pictureOf(best);
  if (!best?.bbox || !picture || !wantsDetail(request, best.bbox, picture)) return undefined;
  const part = choosePart(best.bbox, request.prompt, picture);
  if (!part) return undefined;
  const inside = masks.flatMap(({ bbox }, index) => (bbox && (index === 0 || isIn(bbox, part)) ? [index] : []));
  return { part, masks: inside };
}

const isIn = (box: Region, part: Region) =>
  box.width > 0 &&
  box.x >= part.x &&
  box.y >= part.y &&
  box.x + box.width <= part.x + part.width &&
  box.y + box.height <= part.y + part.height;
