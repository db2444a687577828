import { describe, expect, it } from "vitest";
import { Shares } from "./shares.js";

/** Takes all that each caller gets when they come in turn. */
function fill(capacity: number, callers: string[]): Shares {
  const shares = new Shares(capacity);
  for (let more = true; more; ) {
    more = false;
    for (const caller of callers) {
      if (shares.refusal(caller)) continue;
      shares.take(caller);
      more = true;
    }
  }
  return shares;
}

describe("A3 shares", () => {
  it.each([
    [1, 1],
    [2, 2],
    [3, 3],
    [4, 3],
    [64, 48],
    [1000, 750],
  ])("of %d let a lone caller have %d", (capacity, most) => {
    expect(fill(capacity, ["a"]).heldBy("a")).toBe(most);
  });

  it("leave a place for who comes, however many were greedy before", () => {
    const shares = fill(1000, ["a", "b", "c", "d"]);
    expect(["a", "b", "c", "d"].map((one) => shares.heldBy(one))).toEqual([231, 231, 231, 231]);
    expect([shares.refusal("a"), shares.refusal("e")]).toEqual(["share", undefined]);
  });

  it("give what one leaves to those who hold less", () => {
    const shares = new Shares(8);
    const leave = Array.from({ length: 6 }, () => shares.take("a"));
    expect(shares.refusal("a")).toBe("share");
    shares.take("b");
    shares.take("c");
    expect([shares.refusal("a"), shares.refusal("d")]).toEqual(["full", "full"]);
    leave[0]?.();
    leave[0]?.();
    expect(shares.used).toBe(7);
    expect([shares.refusal("a"), shares.refusal("b"), shares.refusal("d")]).toEqual(["share", undefined, undefined]);
  });

  it("count by weight", () => {
    const shares = new Shares(100);
    const back = shares.take("a", 70);
    expect([shares.refusal("a", 10), shares.refusal("a", 31)]).toEqual([undefined, "full"]);
    shares.take("a", 10);
    expect([shares.refusal("a", 1), shares.refusal("b", 20)]).toEqual(["share", undefined]);
    back();
    expect([shares.used, shares.heldBy("a"), shares.refusal("a", 80)]).toEqual([10, 10, undefined]);
  });
});
