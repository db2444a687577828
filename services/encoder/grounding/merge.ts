import { type Detection, overlap } from "./detection.js";

/** Boxes of one label that overlap by more than this are of one thing. */
const sameIou = 0.5;

/**
 * What several detectors have found, each thing once (weighted boxes fusion, Solovyev et al. 2021): a thing's box is the mean
 * of its boxes, weighted by their scores. Two that agree are surer than one: 1 - (1 - a)(1 - b).
 * @param found of each detector, every thing once. @returns the best first.
 */
export function mergeDetections(found: readonly (readonly Detection[])[]): Detection[] {
  const things: { mean: Detection; boxes: Detection[]; from: Set<number> }[] = [];
  const all = found.flatMap((list, from) => list.map((one) => ({ one, from })));
  for (const { one, from } of all.sort((a, b) => b.one.score - a.one.score)) {
    const same = things.find(
      (thing) => !thing.from.has(from) && thing.mean.label === one.label && overlap(thing.mean, one) > sameIou,
    );
    if (!same) {
      things.push({ mean: one, boxes: [one], from: new Set([from]) });
      continue;
    }
    same.from.add(from);
    same.boxes.push(one);
    same.mean = meanOf(same.boxes);
  }
  return things.map(({ mean }) => mean).sort((a, b) => b.score - a.score);
}

function meanOf(boxes: readonly Detection[]): Detection {
  const weight = boxes.reduce((sum, { score }) => sum + score, 0);
  const of = (side: "x0" | "y0" | "x1" | "y1") => boxes.reduce((sum, box) => sum + (box[side] * box.score) / weight, 0);
  const score = 1 - boxes.reduce((rest, box) => rest * (1 - box.score), 1);
  return { label: boxes[0]?.label ?? "", score, x0: of("x0"), y0: of("y0"), x1: of("x1"), y1: of("y1") };
}
