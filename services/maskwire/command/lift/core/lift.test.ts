import { describe, expect, it } from "vitest";
import { cameraOf, poseOf } from "../model/camera.js";
import type { ColmapModel } from "../model/colmap-model.js";
import { lift } from "./lift.js";
import { spreadOut } from "./spread-out.js";
import { agreement, viewPrompt } from "./view-prompt.js";
import { likelyPoints } from "./visible-points.js";
import { Votes } from "./votes.js";

describe("points that are spread out", () => {
  it("begin in the middle and go where none is yet", () => {
    const line = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map((x) => ({ x, y: 0 }));
    const few = spreadOut(line, 3).map(({ x }) => x);
    expect(few[0]).toBe(5);
    expect(few.slice(1).sort((a, b) => a - b)).toEqual([0, 10]);
  });

  it("are each there once, and no more than there are", () => {
    expect(
      spreadOut(
        [
          { x: 1, y: 1 },
          { x: 1, y: 1 },
        ],
        5,
      ),
    ).toHaveLength(1);
    expect(spreadOut([], 5)).toEqual([]);
    const many = Array.from({ length: 100_000 }, (_, at) => ({ x: at % 317, y: at % 211 }));
    expect(spreadOut(many, 8)).toHaveLength(8);
  });
});

describe("a prompt of what is known in a view", () => {
  const on = Array.from({ length: 16 }, (_, at) => ({ x: 10 + (at % 4), y: 20 + Math.floor(at / 4) }));

  it("has points in pixels whose middle is at 0, and of what is beside the object what is near", () => {
    const beside = [
      { x: 15, y: 21 },
      { x: 90, y: 90 },
    ];
    const { points } = viewPrompt({ on, beside }, { on: 2, beside: 3 });
    expect(points.filter(({ label }) => label === 1)).toHaveLength(2);
    expect(points.filter(({ label }) => label === 0)).toEqual([]);
    const close = viewPrompt({ on, beside: [{ x: 14, y: 21 }] }, { on: 1, beside: 3 });
    expect(close.points[1]).toEqual({ x: 13.5, y: 20.5, label: 0 });
  });

  it("tells masks apart", () => {
    const beside = [
      { x: 14, y: 21 },
      { x: 14, y: 22 },
    ];
    expect(agreement({ on, beside }, (x) => x < 14)).toBe(1);
    expect(agreement({ on, beside }, () => true)).toBeCloseTo(16 / 18);
    expect(agreement({ on, beside }, (x) => x < 12)).toBe(0.5);
    expect(agreement({ on: [], beside }, () => true)).toBe(0);
  });
});

describe("votes", () => {
  const seen = [
    { point: 0, x: 0, y: 0 },
    { point: 1, x: 5, y: 0 },
  ];
  const left = (x: number) => x < 3;

  it("make a point the object's that more than half of the masks have it in", () => {
    const votes = new Votes(3, [4, 9]);
    votes.count(4, seen, left);
    expect([0, 1, 2].map((point) => votes.objectOf(point))).toEqual([4, 0, 0]);
    votes.count(4, seen, (x) => x > 3);
    expect([0, 1].map((point) => votes.objectOf(point))).toEqual([0, 0]);
    votes.count(4, seen, left);
    votes.count(9, seen, left);
    // Two of three against one of one.
    expect(votes.objectOf(0)).toBe(9);
    votes.count(9, seen, left, -1);
    expect(votes.objectOf(0)).toBe(4);
    expect([votes.isAsked(1, 4), votes.isAsked(1, 9), votes.isAsked(2, 4)]).toEqual([true, false, false]);
  });
});

it("votes of more points and objects than there is memory for are refused", () => {
  const numbers = Array.from({ length: 255 }, (_, at) => at + 1);
  expect(() => new Votes(5_000_000, numbers)).toThrow(
    "255 objects in 5000000 points are too many at once: show at most 53 of them",
  );
  expect(() => new Votes(1000, numbers)).not.toThrow();
});

/** Pictures from places along a line, of a wall that is 10 ahead: points at x = 0, 1, ... 9; the first five are the object. */
function wall(shifts: readonly number[], seenIn = (_view: number, _point: number) => true): ColmapModel {
  const places = Float64Array.from({ length: 30 }, (_, at) => [Math.floor(at / 3) - 4.5, 0, 10][at % 3]!);
  const camera = cameraOf("SIMPLE_PINHOLE", 400, 100, [200, 200, 50]);
  const points = [...Array(10).keys()];
  return {
    places,
    colours: new Uint8Array(30),
    views: shifts.map((shift, view) => ({
      name: `${view}`,
      camera,
      pose: poseOf([1, 0, 0, 0], [shift, 0, 0]),
      points: Int32Array.from(points.filter((point) => seenIn(view, point))),
    })),
  };
}

/** The object's left half of the wall, as a picture from there has it. */
const truth = (shift: number) => (x: number) => x < 200 + (200 * (0 + shift)) / 10;

describe("lift", () => {
  const shifts = [0, 1, 2, 3];
  const asked: { view: number; on: number; beside: number }[] = [];
  const options = (model: ColmapModel) => ({
    model,
    prompts: [{ view: 0, object: 1, prompt: "left" }],
    askPerson: async (view: number) => [{ inside: truth(shifts[view]!), predictedIou: 0.9 }],
    // The right mask is not the one that the model thinks best.
    ask: async (view: number, { points }: { points: readonly { label: 0 | 1 }[] }) => {
      asked.push({
        view,
        on: points.filter(({ label }) => label === 1).length,
        beside: points.filter(({ label }) => label === 0).length,
      });
      return [
        { inside: () => true, predictedIou: 0.95 },
        { inside: truth(shifts[view]!), predictedIou: 0.8 },
      ];
    },
  });

  it("has the object in each view by the mask that agrees with its points, and its points", async () => {
    asked.length = 0;
    const { masks, objects } = await lift(options(wall(shifts)));
    expect([...objects]).toEqual([1, 1, 1, 1, 1, 0, 0, 0, 0, 0]);
    expect(masks.map((found) => found.get(1)?.mask.predictedIou)).toEqual([0.9, 0.8, 0.8, 0.8]);
    expect(asked.every(({ on, beside }) => on === 5 && beside > 0)).toBe(true);
    // Twice each, and the person's view never.
    expect(asked.map(({ view }) => view).sort()).toEqual([1, 1, 2, 2, 3, 3]);
  });

  it("goes from view to view where the first shares no points with the last", async () => {
    // View v has found points v to v + 3 of the object's five, and all of the others.
    const model = wall(shifts, (view, point) => point >= 5 || (point >= view - 1 && point <= view + 2));
    const { masks, objects } = await lift(options(model));
    expect([...objects].slice(0, 5)).toEqual([1, 1, 1, 1, 1]);
    expect(masks.every((found) => found.has(1))).toBe(true);
  });

  it("says nothing of a view where the object is not, or where no mask holds its points", async () => {
    const away = wall([0, 100]);
    const { masks } = await lift(options(away));
    expect(masks.map((found) => found.size)).toEqual([1, 0]);
    const none = await lift({ ...options(wall([0, 1])), ask: async () => [{ inside: () => false, predictedIou: 1 }] });
    expect(none.masks.map((found) => found.size)).toEqual([1, 0]);
    expect([...none.objects]).toEqual([1, 1, 1, 1, 1, 0, 0, 0, 0, 0]);
  });
});

it("points that nobody found in a view show there unless something nearer does", () => {
  const model = wall([0], (_view, point) => point > 1);
  const view = model.views[0]!;
  expect(likelyPoints(model, view, [0, 1]).map(({ point }) => point)).toEqual([0, 1]);
  // The wall's third point comes to half the way, in front of the second.
  const places = model.places.slice();
  places.set([-3.5 / 2, 0, 5], 6);
  expect(likelyPoints({ ...model, places }, view, [0, 1]).map(({ point }) => point)).toEqual([0]);
});
