import { describe, expect, it } from "vitest";
import { mostGood, nextTry, type Tried } from "./search.js";

function search(limit: number, first: number, grain: number): Tried[] {
  const tried: Tried[] = [];
  for (let next = nextTry(tried, first, grain); next !== undefined; next = nextTry(tried, first, grain)) {
    tried.push({ sessions: next, ok: next <= limit });
    if (tried.length > 50) throw new Error("it does not end");
  }
  return tried;
}

describe("the search for the most sessions", () => {
  it.each([
    [57, 40, 0.05],
    [3, 40, 0.05],
    [1000, 10, 0.01],
    [40, 40, 0],
    [0, 5, 0],
  ])("finds %d from %d within %d", (limit, first, grain) => {
    const found = mostGood(search(limit, first, grain));
    expect(found).toBeLessThanOrEqual(limit);
    expect(found).toBeGreaterThanOrEqual(Math.floor(limit * (1 - grain)) - 1);
  });

  it("takes few tries", () => {
    expect(search(57, 50, 0.06).length).toBeLessThanOrEqual(6);
  });

  it("believes the fewest that were badly served, where chance contradicts itself", () => {
    expect(
      mostGood([
        { sessions: 50, ok: false },
        { sessions: 60, ok: true },
        { sessions: 40, ok: true },
      ]),
    ).toBe(40);
  });
});
