import { expect, it } from "vitest";
import { encodeHalf } from "../../../proto/half-float.js";
import { decodeCounts, rleArea, rleBoundingBox } from "../../../proto/index.js";
import { frameFor } from "../frame.js";
import { finishMask } from "./decoded-mask.js";
import { maskMessage } from "./mask-message.js";
import { stabilityScore } from "./stability-score.js";

const frame = frameFor(640, 480);
const logits = Float32Array.from({ length: 256 ** 2 }, (_, at) => 30 - Math.hypot((at % 256) - 90, (at >> 8) - 80));
const { mask, traced } = finishMask({ logits, predictedIou: 0.75 }, frame);

it("says of a mask what its runs say", () => {
  const runs = { width: 640, height: 480, runs: decodeCounts(mask.counts) };
  expect(runs.runs).toEqual(traced.runs);
  expect(mask.area).toBe(rleArea(runs));
  expect(mask.box).toEqual(rleBoundingBox(runs));
  expect(mask).toMatchObject({ predictedIou: 0.75, stabilityScore: stabilityScore(logits, frame) });
});

it("is a message of [height, width], with the forms that were made and no others", () => {
  const plain = maskMessage(mask, { width: 640, height: 480 });
  expect(plain.rle).toEqual({ size: [480, 640], counts: mask.counts });
  expect(Object.keys(plain)).not.toContain("png");
  expect(Object.keys(plain)).not.toContain("lowResLogits");
  const lowResLogits = encodeHalf(logits);
  const all = maskMessage({ ...mask, png: Uint8Array.of(7), lowResLogits }, { width: 640, height: 480 });
  expect(all.png).toEqual(Uint8Array.of(7));
  expect(all.lowResLogits).toEqual({ width: 256, height: 256, data: new Uint8Array(lowResLogits.buffer) });
});
