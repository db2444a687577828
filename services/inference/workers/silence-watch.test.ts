import { describe, expect, it } from "vitest";
import { SilenceWatch } from "./silence-watch.js";

describe("a worker that has work", () => {
  /** @returns the looks until it hangs, and for how long it has been silent then. */
  function looksAt(watch: SilenceWatch<object>, worker: object, usualMs: number): [looks: number, ms: number] {
    for (let looks = 1; ; looks++) {
      const silentMs = watch.look(worker, usualMs);
      if (silentMs !== undefined) return [looks, silentMs];
    }
  }

  it("hangs when it has been looked at for so long and was never heard", () => {
    const watch = new SilenceWatch<object>(1000);
    const [one, other] = [{}, {}];
    expect(looksAt(watch, one, 0)).toEqual([10, 1000]);
    expect([watch.hangs(one), watch.hangs(other)]).toEqual([true, false]);
    // Told once.
    expect(watch.look(one, 0)).toBeUndefined();
  });

  it("may take five times as long as it usually does", () => {
    expect(looksAt(new SilenceWatch<object>(1000), {}, 150)).toEqual([10, 1000]);
    expect(looksAt(new SilenceWatch<object>(1000), {}, 400)).toEqual([20, 2000]);
  });

  it("begins anew when it is heard", () => {
    const watch = new SilenceWatch<object>(1000);
    const worker = {};
    for (let looks = 0; looks < 9; looks++) watch.look(worker, 0);
    watch.heard(worker);
    expect(looksAt(watch, worker, 0)).toEqual([10, 1000]);
    watch.heard(worker);
    expect(watch.hangs(worker)).toBe(false);
  });
});
