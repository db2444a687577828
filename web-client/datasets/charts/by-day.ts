import type { DayWork } from "../../../proto/index.js";

interface Day {
  readonly day: string;
  readonly masks: number;
  /** Of all masks of the day. */
  readonly meanSeconds: number;
}

/** Everybody's work of each day together, the oldest day first. */
export function byDay(works: readonly Pick<DayWork, "day" | "masks" | "meanSeconds">[]): Day[] {
  const days = new Map<string, { masks: number; seconds: number }>();
  for (const { day, masks, meanSeconds } of works) {
    const before = days.get(day) ?? { masks: 0, seconds: 0 };
    days.set(day, { masks: before.masks + masks, seconds: before.seconds + masks * meanSeconds });
  }
  return [...days]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([day, { masks, seconds }]) => ({ day, masks, meanSeconds: masks === 0 ? 0 : seconds / masks }));
}
