import { create } from "@bufbuild/protobuf";
import { expect, it } from "vitest";
import { encodeHalf } from "../../proto/half-float.js";
import { encodeRle, rleArea, type SegmentResult, SegmentResultSchema } from "../../proto/index.js";
import { frameFor } from "../../services/sam/frame.js";
import { traceMask } from "../../services/sam/masks/trace-mask.js";
import { differenceOf } from "./compare-answers.js";

const frame = frameFor(600, 600);

interface Change {
  readonly logit?: (logit: number, cell: number) => number;
  readonly score?: number;
  readonly masks?: number;
}

/** A disc's answer, changed. */
function answer({ logit = (one) => one, score = 0.9, masks = 1 }: Change = {}): SegmentResult {
  const disc = Float32Array.from({ length: 256 ** 2 }, (_, cell) =>
    logit(60 - Math.hypot((cell % 256) - 128, Math.floor(cell / 256) - 128), cell),
  );
  const traced = traceMask(disc, frame);
  const mask = {
    rle: encodeRle(traced),
    area: rleArea(traced),
    predictedIou: score,
    stabilityScore: 0.97,
    lowResLogits: { width: 256, height: 256, data: new Uint8Array(encodeHalf(disc).buffer as ArrayBuffer) },
  };
  return create(SegmentResultSchema, { masks: Array.from({ length: masks }, () => mask) });
}

it.each<[string, Change]>([
  ["are the same", {}],
  ["are rounded otherwise", { logit: (one) => one + 3e-3 * Math.sin(1e3 * one) }],
  ["have scores that are rounded otherwise", { score: 0.9003 }],
  // Far from any edge half floats are coarse.
  ["differ where half floats do", { logit: (one) => (one > 30 ? one + 0.03 : one) }],
])("finds no difference in answers that %s", (_, change) => {
  expect(differenceOf(answer(change), answer())).toBeUndefined();
});

it.each<[string, Change, RegExp]>([
  ["another number of masks", { masks: 2 }, /number/],
  ["another score", { score: 0.91 }, /score/],
  ["a score that is none", { score: Number.NaN }, /score/],
  ["logits of a graph that is a little wrong", { logit: (one) => one + 0.08 }, /logits|IoU/],
  ["one logit that is far off", { logit: (one, cell) => (cell === 128 * 256 + 70 ? one + 1 : one) }, /logits/],
  ["another mask", { logit: (one) => one - 3 }, /IoU/],
])("finds %s", (_, change, difference) => {
  expect(differenceOf(answer(change), answer())).toMatch(difference);
});

it("does not take answers without logits or masks for the same", () => {
  const bare = answer();
  for (const mask of bare.masks) delete mask.lowResLogits;
  expect(differenceOf(bare, answer())).toMatch(/logits/);
  expect(differenceOf(create(SegmentResultSchema), create(SegmentResultSchema))).toMatch(/number/);
});
