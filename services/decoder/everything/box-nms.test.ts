import { describe, expect, it } from "vitest";
import type { MaskBox } from "../../../proto/index.js";
import { uniform } from "../rewrite/parity-prompts.js";
import { boxIou, boxNms, isDuplicate } from "./box-nms.js";

/** Corners of the first and last pixel: `batched_mask_to_box`. */
const corners = ({ x, y, width, height }: MaskBox) => [x, y, x + width - 1, y + height - 1] as const;

/** torchvision's `box_iou`, from its description. */
function referenceIou(a: MaskBox, b: MaskBox): number {
  const [ax0, ay0, ax1, ay1] = corners(a);
  const [bx0, by0, bx1, by1] = corners(b);
  const width = Math.max(0, Math.min(ax1, bx1) - Math.max(ax0, bx0));
  const height = Math.max(0, Math.min(ay1, by1) - Math.max(ay0, by0));
  const union = (ax1 - ax0) * (ay1 - ay0) + (bx1 - bx0) * (by1 - by0) - width * height;
  return (width * height) / union;
}

/** torchvision's `nms` the long way: marks what each box suppresses, best first. */
function referenceNms(boxes: MaskBox[], scores: number[], threshold: number): number[] {
  const order = scores.map((_, index) => index).sort((a, b) => (scores[b] as number) - (scores[a] as number));
  const suppressed = new Set<number>();
  const kept: number[] = [];
  for (const [place, index] of order.entries()) {
    if (suppressed.has(index)) continue;
    kept.push(index);
    for (const later of order.slice(place + 1)) {
      if (referenceIou(boxes[index] as MaskBox, boxes[later] as MaskBox) > threshold) suppressed.add(later);
    }
  }
  return kept;
}

const random = uniform(11);
const whole = (below: number) => Math.floor(random() * below);
const randomBox = (least = 1): MaskBox => ({
  x: whole(30),
  y: whole(30),
  width: least + whole(20),
  height: least + whole(20),
});

describe("boxIou", () => {
  it("measures from the first pixel to the last, as Meta's generator does", () => {
    // Corners (0, 0, 4, 4) and (2, 0, 6, 4): 8 of 24.
    expect(boxIou({ x: 0, y: 0, width: 5, height: 5 }, { x: 2, y: 0, width: 5, height: 5 })).toBeCloseTo(1 / 3, 12);
    // Two that share one column of pixels share no area.
    expect(boxIou({ x: 0, y: 0, width: 5, height: 5 }, { x: 4, y: 0, width: 5, height: 5 })).toBe(0);
  });

  it("is the reference's for any two boxes; 0 where that divides nothing by nothing", () => {
    for (let i = 0; i < 2000; i++) {
      const [a, b] = [randomBox(), randomBox()];
      const expected = referenceIou(a, b);
      expect(boxIou(a, b)).toBeCloseTo(Number.isNaN(expected) ? 0 : expected, 12);
    }
    const pixel = { x: 3, y: 3, width: 1, height: 1 };
    expect(boxIou(pixel, pixel)).toBe(0);
  });
});

describe("isDuplicate", () => {
  const box = (width: number, height: number, x = 0): MaskBox => ({ x, y: 0, width, height });

  it.each([
    ["a dot", box(1, 1)],
    ["a line across", box(300, 1)],
    ["a line down", box(1, 300)],
  ])("knows %s again, which has no area between its corners", (_name, one) => {
    expect(isDuplicate({ box: one }, { box: one }, 0.7)).toBe(true);
    expect(isDuplicate({ box: one }, { box: { ...one, x: one.width } }, 0.7)).toBe(false);
  });

  it("measures boxes of few pixels by their pixels", () => {
    // 9 of 12 pixels; 4 of 6 between the corners.
    expect(isDuplicate({ box: box(3, 3) }, { box: box(3, 4) }, 0.7)).toBe(true);
    expect(isDuplicate({ box: box(3, 3) }, { box: box(3, 5) }, 0.7)).toBe(false);
    // 90 of 126 pixels; 72 of 104 between the corners, which counts.
    expect(isDuplicate({ box: box(9, 10) }, { box: box(9, 14) }, 0.7)).toBe(false);
  });

  it("knows the same mask whatever the threshold, and no other in the same box", () => {
    const [one, other] = [
      { box: box(30, 30), counts: "a" },
      { box: box(30, 30), counts: "b" },
    ];
    expect(isDuplicate(one, { ...one }, 1)).toBe(true);
    expect(isDuplicate(one, other, 1)).toBe(false);
    expect(isDuplicate(one, { ...one, box: box(30, 30, 1) }, 1)).toBe(false);
  });
});

describe("boxNms", () => {
  it("keeps what the reference keeps of boxes that are not tiny, in its order", () => {
    for (let round = 0; round < 50; round++) {
      const boxes = Array.from({ length: 60 }, () => randomBox(9));
      const scores = boxes.map(() => random());
      const threshold = random();
      const kept = boxNms(
        boxes.map((box, index) => ({ box, score: scores[index] as number, index })),
        threshold,
      );
      expect(kept.map(({ index }) => index)).toEqual(referenceNms(boxes, scores, threshold));
    }
  });

  it("takes the earlier of two equal scores, and leaves its input alone", () => {
    const box = { x: 0, y: 0, width: 9, height: 9 };
    const candidates = [
      { box, score: 0.5, name: "first" },
      { box, score: 0.5, name: "second" },
      { box, score: 0.9, name: "best" },
    ];
    expect(boxNms(candidates, 0.7).map(({ name }) => name)).toEqual(["best"]);
    expect(boxNms(candidates.slice(0, 2), 0.7).map(({ name }) => name)).toEqual(["first"]);
    expect(boxNms(candidates, 1)).toHaveLength(3);
    expect(candidates.map(({ name }) => name)).toEqual(["first", "second", "best"]);
    expect(boxNms([], 0.7)).toEqual([]);
  });
});
