import { describe, expect, it } from "vitest";
import { mean, quantile } from "../bench/statistics.js";
import { Random } from "./random.js";
import { type Habits, type PlannedPicture, planVisit } from "./visit.js";

const habits: Habits = {
  thinkMs: 4000,
  thinkSigma: 0.8,
  hoversPerClick: 1.5,
  hoverEveryMs: 150,
  clicksPerPicture: 20,
  newShare: 0.25,
  albumSize: 50,
};

function take(count: number, seed: number, changes: Partial<Habits> = {}): PlannedPicture[] {
  const visit = planVisit(new Random(seed), { ...habits, ...changes });
  return Array.from({ length: count }, () => visit.next().value);
}

describe("random numbers", () => {
  it("are the same for the same seed, and others for another stream", () => {
    const three = (seed: number, stream: number) => {
      const random = new Random(seed, stream);
      return [random.uniform(), random.uniform(), random.uniform()];
    };
    expect(three(7, 0)).toEqual(three(7, 0));
    expect(three(7, 1)).not.toEqual(three(7, 0));
  });

  it("have the moments that were asked for", () => {
    const random = new Random(3);
    const many = (draw: () => number) => Array.from({ length: 100_000 }, draw);
    expect(mean(many(() => random.uniform()))).toBeCloseTo(0.5, 2);
    expect(mean(many(() => random.exponential(5))) / 5).toBeCloseTo(1, 1);
    const logNormal = many(() => random.logNormal(10, 0.8));
    expect(mean(logNormal) / 10).toBeCloseTo(1, 1);
    // Its median lies at mean * exp(-sigma^2 / 2).
    expect(quantile(logNormal, 0.5) / (10 * Math.exp(-0.32))).toBeCloseTo(1, 1);
    const drawn = many(() => random.ofQuantiles([0, 1, 10]));
    expect(quantile(drawn, 0.25)).toBeCloseTo(0.5, 1);
    expect(quantile(drawn, 0.75) / 5.5).toBeCloseTo(1, 1);
  });
});

describe("a planned visit", () => {
  it("is the same for the same seed", () => {
    expect(take(5, 1)).toEqual(take(5, 1));
    expect(take(5, 2)).not.toEqual(take(5, 1));
  });

  it("has the rates that were asked for", () => {
    const pictures = take(4000, 5);
    const clicks = pictures.flatMap(({ prompts }) => prompts.filter(({ preview }) => !preview));
    expect(clicks.length / pictures.length / habits.clicksPerPicture).toBeCloseTo(1, 1);
    const spentMs = pictures.reduce((sum, { endMs }) => sum + endMs, 0);
    expect(spentMs / (clicks.length + pictures.length) / habits.thinkMs).toBeCloseTo(1, 1);
    const newShare = pictures.filter(({ album }) => album === undefined).length / pictures.length;
    expect(newShare).toBeCloseTo(habits.newShare, 1);
    const previews = pictures.flatMap(({ prompts }) => prompts.filter(({ preview }) => preview));
    // Those that would lie before the click before are not made.
    expect(previews.length / clicks.length).toBeGreaterThan(1.3);
    expect(previews.length / clicks.length).toBeLessThanOrEqual(1.5);
  });

  it("keeps prompts in the order of their times, and the end after them", () => {
    for (const { prompts, endMs } of take(200, 9)) {
      const times = prompts.map(({ atMs }) => atMs);
      expect(times).toEqual([...times].sort((a, b) => a - b));
      expect(endMs).toBeGreaterThan(times.at(-1) as number);
      expect(prompts.at(-1)?.preview).toBe(false);
    }
  });

  it("begins with a picture that is encoded", () => {
    for (let seed = 0; seed < 20; seed++) expect(take(1, seed, { newShare: 1 })[0]?.album).toBeDefined();
  });
});
