import type { FloatTensors } from "../../../sam/decode/graph-runner.js";
import type { Detection } from "../detection.js";
import { framePicture, inTheMiddle, type Placement } from "../frame-picture.js";
import { suppress } from "../suppress.js";
import { cocoLabels } from "../words/coco-labels.js";
import { closedFamily } from "./closed-family.js";
import { leastScore, mostDetections } from "./family.js";

const side = 416;
/** BGR, as NanoDet's configurations have them. */
const mean = [103.53, 116.28, 123.675];
const std = [57.375, 57.12, 58.395];

/**
 * NanoDet and what is exported like it (github.com/RangiLyu/nanodet, `nanodet/model/head/gfl_head.py`): one input float32
 * [1, 3, 416, 416]; for each stride scores [1, cells, 80], 0 to 1, and sides [1, cells, 4 * bins]: for left, top, right and
 * bottom the logits of a distribution whose mean, times the stride, is the distance from the cell to the box's side.
 * Which output is which its shape says.
 */
export const nanodet = closedFamily({
  pictureSide: 640,
  leastAnswer: 0.12,
  async detect(pixels, run) {
    const place = inTheMiddle(pixels, side);
    const data = framePicture(pixels, { width: side, height: side, place, mean, std, order: [2, 1, 0] });
    return suppress(boxesOf(await run(data, [1, 3, side, side]), place), mostDetections);
  },
});

function boxesOf(outputs: FloatTensors, place: Placement): Detection[] {
  const found: Detection[] = [];
  const all = Object.values(outputs);
  for (const scores of all) {
    const [, cells = 0, classes = 0] = scores.dims;
    if (classes !== cocoLabels.length) continue;
    const sides = all.find((one) => one !== scores && one.dims[1] === cells && (one.dims[2] ?? 0) % 4 === 0);
    const across = Math.sqrt(cells);
    if (!sides || !Number.isInteger(across)) throw new Error(`no sides of boxes for the ${cells} cells of scores`);
    const stride = side / across;
    const bins = (sides.dims[2] ?? 0) / 4;
    for (let cell = 0; cell < cells; cell++) {
      let box: Box | undefined;
      for (let label = 0; label < classes; label++) {
        const score = scores.data[cell * classes + label] as number;
        if (score < leastScore) continue;
        box ??= boxAt(cell, across, stride, sides.data.subarray(4 * bins * cell, 4 * bins * (cell + 1)));
        found.push({ label: cocoLabels[label] as string, score, ...relative(box, place) });
      }
    }
  }
  if (found.length === 0 && !all.some(({ dims }) => dims[2] === cocoLabels.length)) {
    throw new Error(`no output of the graph has scores of ${cocoLabels.length} kinds`);
  }
  return found;
}

/** In pixels of the frame. */
type Box = [x0: number, y0: number, x1: number, y1: number];

function boxAt(cell: number, across: number, stride: number, sides: Float32Array): Box {
  const x = ((cell % across) + 0.5) * stride;
  const y = (Math.floor(cell / across) + 0.5) * stride;
  const bins = sides.length / 4;
  const [left, top, right, bottom] = [0, 1, 2, 3].map(
    (at) => stride * meanOf(sides.subarray(at * bins, (at + 1) * bins)),
  );
  return [x - (left ?? 0), y - (top ?? 0), x + (right ?? 0), y + (bottom ?? 0)];
}

/** Of a distribution over 0, 1, 2 ... by its logits. */
function meanOf(logits: Float32Array): number {
  const highest = Math.max(...logits);
  let sum = 0;
  let mean = 0;
  for (const [bin, logit] of logits.entries()) {
    const share = Math.exp(logit - highest);
    sum += share;
    mean += share * bin;
  }
  return mean / sum;
}

function relative([x0, y0, x1, y1]: Box, { left, top, width, height }: Placement) {
  const share = (value: number, from: number, size: number) => Math.min(Math.max((value - from) / size, 0), 1);
  return {
    x0: share(x0, left, width),
    y0: share(y0, top, height),
    x1: share(x1, left, width),
    y1: share(y1, top, height),
  };
}
