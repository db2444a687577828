import type { MeasuredObject } from "../measured-objects.js";
import { bitmapIou, nextClick, type SimulatedClick } from "../simulate-clicks.js";
import type { Answer, OpenedPicture } from "./contestant.js";

/** How one object was come to. */
export interface Course {
  readonly object: string;
  /** Which of its first clicks; see `firstClicks`. */
  readonly start: number;
  /** IoU with the truth after each click. */
  readonly ious: readonly number[];
  /** IoU of the answer to its box. */
  readonly box: number;
}

/** IoUs are compared after so many clicks: no course is left before the last of them. */
export const counts = [1, 3, 5] as const;
/** Clicks are counted until these are reached. */
export const goals = [0.85, 0.9] as const;

const [leastClicks, lastGoal] = [Math.max(...counts), Math.max(...goals)];

interface Size {
  width: number;
  height: number;
}

/**
 * Clicks one after the other, each where the mask before it is most wrong, until the last goal is reached or the mask is
 * right: the protocol of RITM's and SAM's authors.
 * @returns IoU with the truth after each.
 */
export async function clickThrough(
  opened: Pick<OpenedPicture, "click">,
  { truth }: Pick<MeasuredObject, "truth">,
  { width, height }: Size,
  first: SimulatedClick,
  mostClicks: number,
): Promise<number[]> {
  const clicks = [first];
  let answer: Answer = await opened.click(first);
  const ious = [bitmapIou(answer.bitmap, truth)];
  while (ious.length < mostClicks && (ious.length < leastClicks || Math.max(...ious) < lastGoal)) {
    const next = nextClick(answer.bitmap, truth, width, height, clicks);
    if (!next) break;
    clicks.push(next);
    answer = await answer.refine(next);
    ious.push(bitmapIou(answer.bitmap, truth));
  }
  return ious;
}
