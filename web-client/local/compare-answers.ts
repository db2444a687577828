import { decodeHalf } from "../../proto/half-float.js";
import { decodeRle, rleIou, type SegmentResult } from "../../proto/index.js";

/**
 * Runtimes round differently: on the same graph two were seen to lie 2e-4 apart, half floats at such logits 4e-3. A mistake
 * of the graph that hardly moved the score moved logits by 0.08.
 */
const logitTolerance = 0.02;
/** Half floats above this are coarser than the tolerance, and far from any edge. */
const coarseFrom = 16;
const scoreTolerance = 2e-3;
const leastIou = 0.999;
/** Of a small mask one pixel is more than a thousandth. */
const fewPixels = 4;

/** What keeps two answers to one prompt from being the same; undefined when they are. */
export function differenceOf(ours: SegmentResult, theirs: SegmentResult): string | undefined {
  if (theirs.masks.length === 0 || ours.masks.length !== theirs.masks.length) return "another number of masks";
  for (const [index, mine] of ours.masks.entries()) {
    const other = theirs.masks[index]!;
    if (mine.rle === undefined || other.rle === undefined) return "no mask";
    if (!(Math.abs(mine.predictedIou - other.predictedIou) <= scoreTolerance)) return "another score";
    if (!(Math.abs(mine.stabilityScore - other.stabilityScore) <= 10 * scoreTolerance)) return "another stability";
    const iou = rleIou(decodeRle(mine.rle), decodeRle(other.rle));
    const isFew = (1 - iou) * Math.max(mine.area, other.area) <= fewPixels;
    if (!(iou >= leastIou || isFew)) return `masks with an IoU of ${iou.toFixed(4)}`;
    const apart = farthest(mine.lowResLogits?.data, other.lowResLogits?.data);
    if (!(apart <= logitTolerance)) return `logits ${apart.toFixed(3)} apart`;
  }
  return undefined;
}

/** NaN where there are none to compare. */
function farthest(mine: Uint8Array | undefined, other: Uint8Array | undefined): number {
  if (mine === undefined || other === undefined || mine.byteLength !== other.byteLength) return Number.NaN;
  const [a, b] = [logitsOf(mine), logitsOf(other)];
  let most = 0;
  for (let at = 0; at < a.length; at++) {
    const [one, two] = [a[at]!, b[at]!];
    if (Math.min(Math.abs(one), Math.abs(two)) < coarseFrom) most = Math.max(most, Math.abs(one - two));
  }
  return most;
}

// A copy: the message's bytes may start at an odd offset.
const logitsOf = (data: Uint8Array) => decodeHalf(new Uint16Array(Uint8Array.from(data).buffer));
