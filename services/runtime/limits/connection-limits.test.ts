import { expect, it } from "vitest";
import { ConnectionLimits } from "./connection-limits.js";

it("lets in so many at one address and so many in all, and others again when one has left", () => {
  const limits = new ConnectionLimits({ total: 3, perAddress: 2 });
  const leave = limits.enter("a");
  expect(limits.enter("a")).toBeDefined();
  expect(limits.enter("a")).toBeUndefined();
  expect(limits.enter("b")).toBeDefined();
  expect(limits.enter("c")).toBeUndefined();
  leave?.();
  expect(limits.count).toBe(2);
  expect(limits.enter("a")).toBeDefined();
  expect(limits.count).toBe(3);
});
