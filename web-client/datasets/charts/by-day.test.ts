import { expect, it } from "vitest";
import { byDay } from "./by-day.js";

it("sums up everybody's work of each day, and weighs the time by masks", () => {
  const works = [
    { day: "2026-11-30", masks: 3, meanSeconds: 10 },
    { day: "2026-11-29", masks: 2, meanSeconds: 6 },
    { day: "2026-11-30", masks: 1, meanSeconds: 22 },
    { day: "2026-11-28", masks: 0, meanSeconds: 0 },
  ];
  expect(byDay(works)).toEqual([
    { day: "2026-11-28", masks: 0, meanSeconds: 0 },
    { day: "2026-11-29", masks: 2, meanSeconds: 6 },
    { day: "2026-11-30", masks: 4, meanSeconds: 13 },
  ]);
});
