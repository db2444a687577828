import { create } from "@bufbuild/protobuf";
import { type Grounding, GroundingSchema, type SegmentEverythingRequest } from "../../../proto/index.js";
import { invalidArgument } from "../../runtime/errors.js";
import type { DecodedMask } from "../../sam/masks/decoded-mask.js";
import { whole } from "../../sam/whole.js";
import { groundingOf } from "../prompts/grounding-of.js";
import type { GridPoint } from "./point-grid.js";
import type { PointOrder } from "./point-order.js";

interface WantedBox {
  x0: number;
  y0: number;
  x1: number;
  y1: number;
  grounding: Grounding;
}

/** A mask is of the kind that a box says when their boxes overlap by at least this (IoU). */
const leastIou = 0.5;

/** What of everything is wanted: objects where the words were found. */
export class Wanted {
  readonly #boxes: readonly WantedBox[];

  private constructor(boxes: readonly WantedBox[]) {
    this.#boxes = boxes;
  }

  /** @returns undefined for all there is. @throws ServiceError as `groundingOf`; INVALID_ARGUMENT for half a box. */
  static of({ text, grounding }: SegmentEverythingRequest): Wanted | undefined {
    if (!text) return undefined;
    const { detector, boxes } = groundingOf(grounding);
    return new Wanted(
      boxes.map(({ box, score, label, via }, index) => ({
        ...corners(box ?? {}, `grounding.boxes[${index}].box`),
        grounding: create(GroundingSchema, { label, via, detector, score, ...(box ? { box } : {}) }),
      })),
    );
  }

  /** Asks of the points only those in a box. @param origin where the points' part of the picture begins. */
  narrow(order: PointOrder, points: readonly GridPoint[], origin: { x: number; y: number }): PointOrder {
    const isInside = points.map((point) => this.#holds(origin.x + point.x, origin.y + point.y));
    let inside = isInside.filter(Boolean).length;
    return {
      get left() {
        return Math.min(inside, order.left);
      },
      next: () => {
        for (let index = order.next(); index !== undefined; index = order.next()) {
          if (!isInside[index]) continue;
          inside--;
          return index;
        }
        return undefined;
      },
      answered: (index, newMasks) => order.answered(index, newMasks),
    };
  }

  /** The box that a mask agrees with best; undefined when it is nothing that is wanted. */
  match({ box }: DecodedMask): Grounding | undefined {
    const mask = { x0: box.x, y0: box.y, x1: box.x + box.width, y1: box.y + box.height };
    let best: Grounding | undefined;
    let bestIou = leastIou;
    for (const wanted of this.#boxes) {
      const iou = iouOf(mask, wanted);
      if (iou < bestIou) continue;
      best = wanted.grounding;
      bestIou = iou;
    }
    return best;
  }

  #holds(x: number, y: number): boolean {
    return this.#boxes.some(({ x0, y0, x1, y1 }) => x >= x0 && x <= x1 && y >= y0 && y <= y1);
  }
}

type Corners = Pick<WantedBox, "x0" | "y0" | "x1" | "y1">;

const corners = (box: Partial<Corners>, at: string): Corners => {
  const { x0, y0, x1, y1 } = whole(box, ["x0", "y0", "x1", "y1"], at, invalidArgument);
  return { x0, y0, x1, y1 };
};

function iouOf(a: Corners, b: Corners): number {
  const across = Math.min(a.x1, b.x1) - Math.max(a.x0, b.x0);
  const down = Math.min(a.y1, b.y1) - Math.max(a.y0, b.y0);
  const both = Math.max(0, across) * Math.max(0, down);
  const area = ({ x0, y0, x1, y1 }: Corners) => (x1 - x0) * (y1 - y0);
  return both / (area(a) + area(b) - both);
}
