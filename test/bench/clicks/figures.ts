import { round } from "../report.js";
import { mean } from "../statistics.js";
import { type Course, counts, goals } from "./course.js";

/** What a course comes to: IoUs, and clicks to reach a goal. */
export type Figures = Record<string, number>;

/** @param mostClicks what counts for a goal that was never reached, as in the usual tables. */
export function figuresOf({ ious, box }: Course, mostClicks: number): Figures {
  const after = (count: number) => ious[Math.min(count, ious.length) - 1] as number;
  const clicksTo = (goal: number) => ious.findIndex((iou) => iou >= goal) + 1 || mostClicks;
  return {
    ...Object.fromEntries(counts.map((count) => [iouAfter(count), after(count)])),
    [iouOfBox]: box,
    ...Object.fromEntries(goals.map((goal) => [clicksUntil(goal), clicksTo(goal)])),
  };
}

export const iouAfter = (count: number) => `mIoU ${count} ${count === 1 ? "click" : "clicks"}`;
export const iouOfBox = "mIoU box";
const clicksUntil = (goal: number) => `clicks to ${goal.toFixed(2)}`;

export function meanFigures(all: readonly Figures[]): Figures {
  const names = Object.keys(all[0] ?? {});
  return Object.fromEntries(names.map((name) => [name, mean(all.map((one) => one[name] as number))]));
}

/** By how much one side's figures are above the other's of the same courses, with the standard error of that mean. */
export function differences(ours: readonly Figures[], theirs: readonly Figures[]): Record<string, string> {
  const names = Object.keys(ours[0] ?? {});
  return Object.fromEntries(
    names.map((name) => {
      const apart = ours.map((one, at) => (one[name] as number) - ((theirs[at] as Figures)[name] as number));
      const middle = mean(apart);
      const variance = apart.reduce((sum, one) => sum + (one - middle) ** 2, 0) / Math.max(1, apart.length - 1);
      return [name, `${middle > 0 ? "+" : ""}${round(middle)} +- ${round(Math.sqrt(variance / apart.length))}`];
    }),
  );
}
