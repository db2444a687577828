import { expect, it } from "vitest";
import { SharedCounts } from "./shared-counts.js";

it("Q5: counts under names of its own, and connects with the first count", async () => {
  const asked: unknown[][] = [];
  let opened = 0;
  let closed = 0;
  const counts = new SharedCounts("maskwire", () => {
    opened++;
    return {
      addWithin: async (...given) => {
        asked.push(given);
        return { sum: 5, leftMs: 70 };
      },
      close: () => void closed++,
    };
  });
  expect(opened).toBe(0);
  expect(await counts.add("acme/one:clicksPerMinute", 2, 60_000)).toEqual({ used: 5, leftMs: 70 });
  await counts.add("acme", 0, 60_000);
  expect(asked[0]).toEqual(["maskwire:quota:acme/one:clicksPerMinute", 2, 60_000]);
  counts.close();
  expect([opened, closed]).toEqual([1, 1]);
});
