import type { FloatTensors } from "../../../sam/decode/graph-runner.js";
import type { Detection } from "../detection.js";
import { cornerWeights, framePicture } from "../frame-picture.js";
import { suppress } from "../suppress.js";
import { cocoGaps, cocoLabels } from "../words/coco-labels.js";
import { closedFamily } from "./closed-family.js";
import { leastScore, mostDetections } from "./family.js";

const side = 300;
const halfRange = [127.5, 127.5, 127.5];
/** By which codes are larger than what they mean (object_detection/box_coders/faster_rcnn_box_coder.py). */
const scales = { place: 10, size: 5 };

/** With it the object detection API suppresses (post_processing.proto): lower, and one of two that stand close is lost. */
const sameIou = 0.6;

/** Labels by the number that COCO's files have for them; undefined for those that no object has. */
const labelOf = namesByCocoId();

/**
 * SSD with MobileNet as the TensorFlow object detection API trains it: one input float32 [1, 3, 300, 300] RGB from -1 to 1, the
 * picture stretched to it as TensorFlow does; scores [1, anchors, 91], 0 to 1, whose first is of nothing; codes [1, anchors, 4] and anchors of as
 * many. An anchor is y0, x0, y1, x1, 0 to 1; a code moves its centre by shares of its size and scales that by an exponent.
 */
export const ssdlite = closedFamily({
  pictureSide: 640,
  leastAnswer: 0.1,
  async detect(pixels, run) {
    const place = { left: 0, top: 0, width: side, height: side };
    // The resize of the graph itself, `Preprocessor/map/while/ResizeImage`, before which it is cut.
    const samples = cornerWeights;
    const frame = {
      width: side,
      height: side,
      place,
      mean: halfRange,
      std: halfRange,
      order: [0, 1, 2],
      samples,
    } as const;
    const outputs = await run(framePicture(pixels, frame), [1, 3, side, side]);
    return suppress(boxesOf(outputs), mostDetections, sameIou);
  },
});

function boxesOf({ scores, codes, anchors }: FloatTensors): Detection[] {
  const classes = labelOf.length;
  const count = scores?.dims[1] ?? 0;
  if (scores?.dims[2] !== classes || codes?.data.length !== 4 * count || anchors?.data.length !== 4 * count) {
    throw new Error(`the graph does not give scores of ${classes} kinds, codes and anchors of as many boxes`);
  }
  const found: Detection[] = [];
  for (let at = 0; at < count; at++) {
    for (let id = 1; id < classes; id++) {
      const score = scores.data[at * classes + id] as number;
      const label = labelOf[id];
      if (score < leastScore || label === undefined) continue;
      found.push({ label, score, ...boxAt(at, codes.data, anchors.data) });
    }
  }
  return found;
}

function boxAt(at: number, codes: Float32Array, anchors: Float32Array) {
  const [dy = 0, dx = 0, dh = 0, dw = 0] = codes.subarray(4 * at, 4 * at + 4);
  const [y0 = 0, x0 = 0, y1 = 0, x1 = 0] = anchors.subarray(4 * at, 4 * at + 4);
  const [across, down] = [x1 - x0, y1 - y0];
  const x = (x0 + x1) / 2 + (dx / scales.place) * across;
  const y = (y0 + y1) / 2 + (dy / scales.place) * down;
  const halfWidth = (across * Math.exp(dw / scales.size)) / 2;
  const halfHeight = (down * Math.exp(dh / scales.size)) / 2;
  const share = (value: number) => Math.min(Math.max(value, 0), 1);
  return {
    x0: share(x - halfWidth),
    y0: share(y - halfHeight),
    x1: share(x + halfWidth),
    y1: share(y + halfHeight),
  };
}

function namesByCocoId(): readonly (string | undefined)[] {
  const names: (string | undefined)[] = [undefined];
  for (const label of cocoLabels) {
    while (cocoGaps.includes(names.length)) names.push(undefined);
    names.push(label);
  }
  return names;
}
