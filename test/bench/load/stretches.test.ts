import { describe, expect, it } from "vitest";
import { calmStretches, totalMs } from "./stretches.js";
import { Patience, undisturbed } from "./undisturbed.js";

/** Stretches of a second each, with the shares that others took. */
const stretches = (...shares: number[]) =>
  shares.map((elsewhere, index) => ({ fromMs: 1000 * index, untilMs: 1000 * (index + 1), elsewhere }));

describe("calm stretches", () => {
  const calm = (...shares: number[]) => calmStretches(stretches(...shares), 0.1).map(({ fromMs }) => fromMs / 1000);

  it("are those without others, but for the first one after them", () => {
    expect(calm(0, 0.1, 0, 0.11, 0, 0, 0.5, 0.5, 0, 0)).toEqual([0, 1, 2, 5, 9]);
  });

  it("are all where the system says nothing of others", () => {
    expect(calm(Number.NaN, Number.NaN)).toEqual([0, 1]);
  });

  it("add up", () => {
    expect(totalMs(stretches(0, 1, 2))).toBe(3000);
    expect(totalMs([])).toBe(0);
  });
});

describe("a short measurement", () => {
  /** A rig beside which others take these shares of a core, one after the other, while something is measured. */
  function rigBeside(shares: number[]) {
    let seconds = 0;
    return {
      cpuSeconds: () => ({ elsewhere: seconds }),
      measure: async () => {
        const startedAt = performance.now();
        await new Promise((resolve) => setTimeout(resolve, 20));
        const share = shares.shift() ?? 0;
        seconds += (share * (performance.now() - startedAt)) / 1000;
        return share;
      },
    };
  }
  const run = (shares: number[], patience: number) => {
    const rig = rigBeside(shares);
    return undisturbed(rig, new Patience(patience), () => {}, rig.measure);
  };

  it("is made again until nobody else was busy", async () => {
    expect((await run([0.9, 0.5, 0, 0.7], 60)).result).toBe(0);
  });

  it("counts as the least disturbed when patience is over", async () => {
    expect((await run([0.9, 0.5, 0.7, 0], 0.03)).result).toBe(0.5);
    expect((await run([0.9, 0], 0)).result).toBe(0.9);
  });
});
