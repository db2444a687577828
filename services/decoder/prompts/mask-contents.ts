import type { MessageInitShape } from "@bufbuild/protobuf";
import { type Box, decodeRle, eachColumnSpan, type MaskSchema, type Point } from "../../../proto/index.js";
import { invalidArgument } from "../../runtime/errors.js";
import { whole } from "../../sam/whole.js";

type Mask = MessageInitShape<typeof MaskSchema>;

/** Of an object that lies in a box, at least this share of its pixels does. */
const leastShare = 0.5;

/** Whether every positive point is a pixel of the mask, and no negative one. @throws ServiceError for a point without a place. */
export function holdsPoints(mask: Mask, points: readonly Point[]): boolean {
  if (points.length === 0) return true;
  const columns = spansOf(mask);
  return points.every((point, index) => {
    const { x, y } = whole(point, ["x", "y"], `points[${index}]`, invalidArgument);
    const [height = 1, width = 1] = mask.rle?.size ?? [];
    const [column, row] = [Math.min(Math.floor(x), width - 1), Math.min(Math.floor(y), height - 1)];
    const isIn = (columns.get(column) ?? []).some(([top, bottom]) => row >= top && row < bottom);
    return isIn === (point.label !== 0);
  });
}

/** Whether at least half of the mask lies in the box. @throws ServiceError for a box without all of its corners. */
export function liesIn(mask: Mask, box: Box | undefined): boolean {
  if (!box) return true;
  const { x0, y0, x1, y1 } = whole(box, ["x0", "y0", "x1", "y1"], "box", invalidArgument);
  const [left, right] = [Math.min(x0, x1), Math.max(x0, x1)];
  const [above, below] = [Math.min(y0, y1), Math.max(y0, y1)];
  let inside = 0;
  let all = 0;
  for (const [x, spans] of spansOf(mask)) {
    for (const [top, bottom] of spans) {
      all += bottom - top;
      if (x + 0.5 < left || x + 0.5 >= right) continue;
      inside += Math.max(0, Math.min(bottom, Math.round(below)) - Math.max(top, Math.round(above)));
    }
  }
  return inside >= leastShare * all;
}

/** By column the rows that are in the mask, each run's first and the one behind its last. */
function spansOf({ rle }: Mask): Map<number, [top: number, bottom: number][]> {
  const columns = new Map<number, [number, number][]>();
  if (!rle?.size || rle.counts === undefined) return columns;
  eachColumnSpan(decodeRle({ size: rle.size, counts: rle.counts }), (x, top, bottom) => {
    const spans = columns.get(x);
    if (spans) spans.push([top, bottom]);
    else columns.set(x, [[top, bottom]]);
  });
  return columns;
}
