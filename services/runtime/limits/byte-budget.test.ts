import { describe, expect, it } from "vitest";
import { Code, ServiceError } from "../errors.js";
import { ByteBudget } from "./byte-budget.js";

const budgetOf = (limitBytes: number) =>
  new ByteBudget({ name: "uploads", limitBytes, refusal: "Too much is being sent at the moment.", retryAfterMs: 500 });

describe("a byte budget", () => {
  it("holds up to its limit, and refuses one byte more with a retry hint", () => {
    const budget = budgetOf(100);
    budget.hold(60);
    budget.hold(40);
    let refused: unknown;
    try {
      budget.hold(1);
    } catch (error) {
      refused = error;
    }
    expect(refused).toBeInstanceOf(ServiceError);
    expect(refused).toMatchObject({ code: Code.RESOURCE_EXHAUSTED, retryAfterMs: 500 });
    expect(budget).toMatchObject({ usedBytes: 100, refusals: 1 });
  });

  it("has room again once something is given back, and counts a second release for nothing", () => {
    const budget = budgetOf(100);
    const held = budget.hold(80);
    held.release();
    held.release();
    held.resize(50);
    expect(budget.usedBytes).toBe(0);
    expect(budget.hold(100).bytes).toBe(100);
  });

  it("keeps what was held when there is no room to grow, and gives back when it shrinks", () => {
    const budget = budgetOf(100);
    budget.hold(50);
    const held = budget.hold(30);
    expect(() => held.resize(51)).toThrow("Too much");
    expect(held.bytes).toBe(30);
    held.resize(10);
    expect(budget.usedBytes).toBe(60);
    held.release();
    expect(budget.usedBytes).toBe(50);
  });
});
