import { describe, expect, it } from "vitest";
import type { SimulatedClick } from "../simulate-clicks.js";
import type { Answer } from "./contestant.js";
import { clickThrough } from "./course.js";
import { firstClicks } from "./first-clicks.js";

const [width, height] = [20, 10];
const size = { width, height };
const rectangle = (x0: number, y0: number, x1: number, y1: number) =>
  Uint8Array.from({ length: width * height }, (_, i) => {
    const [x, y] = [i % width, Math.floor(i / width)];
    return x >= x0 && x < x1 && y >= y0 && y < y1 ? 1 : 0;
  });

const truth = rectangle(2, 2, 18, 8);
const click = { x: 4, y: 4, label: 1 } as const;

/** Answers with these masks, one after the other, and notes the clicks that it got. */
function scripted(...masks: Uint8Array[]) {
  const seen: SimulatedClick[] = [];
  const answer = (at: number, latest: SimulatedClick): Promise<Answer> => {
    seen.push(latest);
    return Promise.resolve({
      bitmap: masks[Math.min(at, masks.length - 1)] as Uint8Array,
      refine: (next) => answer(at + 1, next),
    });
  };
  return { seen, click: (first: SimulatedClick) => answer(0, first) };
}

describe("clickThrough", () => {
  it("clicks where the answer before is most wrong, and goes on to the last count when the goal is reached", async () => {
    const half = rectangle(2, 2, 10, 8);
    const surplus = rectangle(2, 2, 20, 8);
    const almost = rectangle(2, 2, 17, 8);
    const opened = scripted(half, surplus, almost);
    const ious = await clickThrough(opened, { truth }, size, click, 20);
    expect(ious.map((iou) => Math.round(iou * 100))).toEqual([50, 89, 94, 94, 94]);
    expect(opened.seen.slice(0, 3)).toEqual([click, { x: 12, y: 4, label: 1 }, { x: 18, y: 2, label: 0 }]);
  });

  it("gives up after the most clicks, none of them twice at one place", async () => {
    const opened = scripted(rectangle(2, 2, 10, 8));
    expect(await clickThrough(opened, { truth }, size, click, 12)).toHaveLength(12);
    expect(new Set(opened.seen.map(({ x, y }) => `${x} ${y}`)).size).toBe(12);
  });

  it("stops where nothing is wrong", async () => {
    expect(await clickThrough(scripted(truth), { truth }, size, click, 20)).toEqual([1]);
  });
});

describe("firstClicks", () => {
  it("begins with the object's own, then others inside that are at least half as deep", () => {
    const clicks = firstClicks({ truth, click: { x: 4, y: 4 } }, size, 4);
    expect(clicks[0]).toEqual(click);
    expect(new Set(clicks.map(({ x, y }) => `${x} ${y}`)).size).toBe(4);
    for (const { x, y } of clicks) expect(rectangle(3, 3, 17, 7)[y * width + x]).toBe(1);
  });
});
