import { squaredDepths } from "../../scenes/deepest-point.js";
import type { MeasuredObject } from "../measured-objects.js";
import type { SimulatedClick } from "../simulate-clicks.js";

/**
 * Where one object may be clicked first: its deepest point, as the protocol has it, then others at least half as deep, as
 * people are not exact. More of them make of few objects more courses.
 */
export function firstClicks(
  { truth, click }: Pick<MeasuredObject, "truth" | "click">,
  { width, height }: { width: number; height: number },
  count: number,
): SimulatedClick[] {
  const first: SimulatedClick = { ...click, label: 1 };
  if (count <= 1) return [first];
  const squared = squaredDepths(truth, width, height);
  const least = (squared[click.y * width + click.x] as number) / 4;
  const inside = [...squared.keys()].filter((at) => truth[at] && (squared[at] as number) >= least);
  const others = Array.from({ length: count - 1 }, (_, i) => inside[Math.floor(((i + 1) / count) * inside.length)]);
  return [
    first,
    ...others
      .filter((at) => at !== undefined)
      .map((at) => ({ x: at % width, y: Math.floor(at / width), label: 1 as const })),
  ];
}
