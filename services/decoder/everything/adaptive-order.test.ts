import { describe, expect, it } from "vitest";
import { uniform } from "../rewrite/parity-prompts.js";
import { AdaptiveOrder, adaptiveShare } from "./adaptive-order.js";
import { pointGrid } from "./point-grid.js";

const channels = 8;

function randomFeatures(points: number, seed = 3): Float32Array {
  const random = uniform(seed);
  const features = Float32Array.from({ length: points * channels }, () => random() - 0.5);
  for (let at = 0; at < features.length; at += channels) {
    const row = features.subarray(at, at + channels);
    const length = Math.hypot(...row);
    for (let channel = 0; channel < channels; channel++) row[channel] = (row[channel] as number) / length;
  }
  return features;
}

/** Every point looks the same. */
function plainFeatures(points: number): Float32Array {
  const features = new Float32Array(points * channels);
  for (let at = 0; at < features.length; at += channels) features[at] = 1;
  return features;
}

const grid = (side: number) => pointGrid(side, { width: 600, height: 400 });

function all(order: AdaptiveOrder, newMasks: (index: number) => number = () => 0): number[] {
  const asked: number[] = [];
  for (let index = order.next(); index !== undefined; index = order.next()) {
    asked.push(index);
    order.answered(index, newMasks(index));
  }
  return asked;
}

describe("AdaptiveOrder", () => {
  it.each([1, 2, 3, 4, 5, 16, 32])("asks exactly its share of %i x %i points, none twice", (side) => {
    const { points, ...shape } = grid(side);
    const share = Math.ceil(points.length * adaptiveShare);
    const order = new AdaptiveOrder({ points, ...shape }, randomFeatures(points.length));
    expect(order.left).toBe(share);
    const asked = all(order, (index) => index % 3);
    expect(asked).toHaveLength(share);
    expect(new Set(asked).size).toBe(share);
    for (const index of asked) expect(points[index]).toBeDefined();
    expect(order.left).toBe(0);
    expect(order.next()).toBeUndefined();
  });

  it.each([
    [1, 8],
    [8, 1],
    [3, 5],
  ])("asks every point of a grid of %i x %i, each once", (width, height) => {
    const order = new AdaptiveOrder(pointGrid(32, { width, height }), randomFeatures(width * height), 1);
    expect(all(order).sort((a, b) => a - b)).toEqual(Array.from({ length: width * height }, (_, index) => index));
  });

  it("may be given the whole grid, and asks every point", () => {
    const asked = all(new AdaptiveOrder(grid(6), randomFeatures(36), 1));
    expect([...asked].sort((a, b) => a - b)).toEqual(Array.from({ length: 36 }, (_, index) => index));
  });

  it.each([
    [1, 0],
    [2, 3],
    [3, 4],
    [32, 16 * 32 + 16],
    [33, 16 * 33 + 16],
  ])("begins in the middle of %i x the same", (side, middle) => {
    expect(new AdaptiveOrder(grid(side), randomFeatures(side ** 2)).next()).toBe(middle);
  });

  it("is the same every time for the same answers, before they come too", () => {
    const points = grid(12);
    const orders = [1, 2].map(() => new AdaptiveOrder(points, randomFeatures(144)));
    const [first, second] = orders.map((order) => all(order, (index) => index % 4));
    expect(first).toEqual(second);
    const unanswered = new AdaptiveOrder(points, randomFeatures(144));
    const asked = Array.from({ length: unanswered.left }, () => unanswered.next());
    expect(new Set(asked).size).toBe(Math.ceil(144 * adaptiveShare));
  });

  it("goes first to what looks unlike all that was asked", () => {
    const points = grid(8);
    const features = plainFeatures(64);
    // One point in a far corner of the picture, and another beside the middle, look like nothing else.
    for (const [index, channel] of [
      [37, 1],
      [7, 2],
    ] as const) {
      features.fill(0, index * channels, (index + 1) * channels);
      features[index * channels + channel] = 1;
    }
    expect(all(new AdaptiveOrder(points, features)).slice(0, 3).sort()).toEqual([36, 37, 7]);
  });

  it("asks a point that looks like none of its neighbours before those that look like some", () => {
    const points = grid(16);
    const features = plainFeatures(256);
    const look = (index: number, channel: number) => {
      features.fill(0, index * channels, (index + 1) * channels);
      features[index * channels + channel] = 1;
    };
    // A patch of six points, and far from it a single point that looks the same.
    for (const index of [33, 34, 35, 49, 50, 51, 220]) look(index, 1);
    const asked = all(new AdaptiveOrder(points, features));
    expect(asked.indexOf(220)).toBe(1);
  });

  it("spreads over a picture that looks the same everywhere", () => {
    const asked = all(new AdaptiveOrder(grid(8), plainFeatures(64), 5 / 64));
    // The middle and the corners.
    expect([...asked].sort((a, b) => a - b)).toEqual([0, 7, 36, 56, 63]);
  });

  it("is drawn to where something new was found", () => {
    const points = grid(16);
    const isLeft = (index: number) => (points.points[index]?.column ?? 0) < 8;
    const leftOf = (newMasks: (index: number) => number) =>
      all(new AdaptiveOrder(points, plainFeatures(256), 1 / 4), newMasks).filter(isLeft).length;
    const evenly = leftOf(() => 0);
    expect(leftOf((index) => (isLeft(index) ? 2 : 0))).toBeGreaterThan(evenly + 4);
    expect(leftOf((index) => (isLeft(index) ? 0 : 2))).toBeLessThan(evenly - 4);
  });
});
