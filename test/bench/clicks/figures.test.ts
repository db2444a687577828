import { describe, expect, it } from "vitest";
import { differences, figuresOf, meanFigures } from "./figures.js";

const quick = figuresOf({ object: "a", start: 0, ious: [0.8, 0.86, 0.91, 0.92, 0.93], box: 0.9 }, 20);
const never = figuresOf({ object: "b", start: 0, ious: [0.5, 0.6], box: 0.7 }, 20);

describe("figuresOf", () => {
  it("takes the last IoU of a course that ended before, and the most clicks for a goal that was not reached", () => {
    expect(Object.values(quick)).toEqual([0.8, 0.91, 0.93, 0.9, 2, 3]);
    expect(Object.values(never)).toEqual([0.5, 0.6, 0.6, 0.7, 20, 20]);
  });

  it("is averaged and compared course by course", () => {
    expect(meanFigures([quick, never])["clicks to 0.85"]).toBe(11);
    expect(differences([quick, never], [never, never])).toMatchObject({ "mIoU box": "+0.1 +- 0.1" });
  });
});
