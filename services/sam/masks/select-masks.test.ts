import { expect, it } from "vitest";
import { selectMasks } from "./select-masks.js";

/** Mask 0 is the unambiguous one; 2 is the best candidate. */
const scores = Float32Array.of(0.99, 0.5, 0.9, 0.7);

it.each([
  ["every candidate, best first, when they are asked for", 2, true, [2, 3, 1]],
  ["every candidate of a long prompt too", 9, true, [2, 3, 1]],
  ["the unambiguous mask when one is asked for", 2, false, [0]],
  ["by SAM's rule the best candidate for a point and its pad", 2, undefined, [2]],
  ["by SAM's rule the best candidate for a box", 2, undefined, [2]],
  ["by SAM's rule the unambiguous mask for two points and the pad", 3, undefined, [0]],
])("gives %s", (_name, points, multimask, expected) => {
  expect(selectMasks(scores, points, multimask, 0)).toEqual(expected);
});

it.each([true, false, undefined])(
  "gives the one mask of a graph that has chosen already (multimask %s)",
  (multimask) => {
    expect(selectMasks(Float32Array.of(0.3), 5, multimask, 0)).toEqual([0]);
  },
);

it.each([1, 2, 3, 4, 10])("agrees with the export's formula for %i points", (points) => {
  const reweighted = [...scores].map((score, index) => score + (index === 0 ? (points - 2.5) * 1000 : 0));
  expect(selectMasks(scores, points, undefined, 0)).toEqual([reweighted.indexOf(Math.max(...reweighted))]);
});

it.each([
  ["every candidate when they are asked for", true, [0, 2, 3, 1]],
  ["the best when one is asked for", false, [0]],
  ["the best by any prompt", undefined, [0]],
])("gives, where no mask is the unambiguous one, %s", (_name, multimask, expected) => {
  expect(selectMasks(scores, 9, multimask, undefined)).toEqual(expected);
});
