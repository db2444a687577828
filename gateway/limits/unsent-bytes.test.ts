import { describe, expect, it } from "vitest";
import { UnsentBytes } from "./unsent-bytes.js";

function readers(limitBytes: number) {
  const unsent = new UnsentBytes(limitBytes);
  const cut: string[] = [];
  const reader = (name: string) => ({ cutOff: () => cut.push(name) });
  return { unsent, cut, reader };
}

describe("B6 unsent bytes of all sessions", () => {
  it("cut off whoever has most when there is no room, and not who asks for it", () => {
    const { unsent, cut, reader } = readers(100);
    const [slow, slower, good] = [reader("slow"), reader("slower"), reader("good")];
    unsent.hold(slow, 30);
    unsent.hold(slower, 25);
    unsent.hold(slower, 25);
    expect(unsent.hold(good, 20)).toBeTypeOf("function");
    expect(cut).toEqual([]);
    expect(unsent.hold(good, 5)).toBeTypeOf("function");
    expect([cut, unsent.budget.usedBytes]).toEqual([["slower"], 55]);
  });

  it("cut off as many as it takes, and the one who asks when it has most itself", () => {
    const { unsent, cut, reader } = readers(100);
    const [a, b, c] = [reader("a"), reader("b"), reader("c")];
    unsent.hold(a, 50);
    unsent.hold(b, 40);
    expect(unsent.hold(c, 60)).toBeUndefined();
    expect(cut).toEqual(["c"]);
    expect(unsent.hold(c, 45)).toBeTypeOf("function");
    expect([cut, unsent.budget.usedBytes]).toEqual([["c", "a"], 85]);
    expect(unsent.hold(c, 101)).toBeUndefined();
    expect(unsent.budget.usedBytes).toBe(40);
  });

  it("are given back as they leave, also after the session was forgotten", () => {
    const { unsent, reader } = readers(100);
    const one = reader("one");
    const left = [unsent.hold(one, 10), unsent.hold(one, 20)];
    left[0]?.();
    expect(unsent.budget.usedBytes).toBe(20);
    unsent.forget(one);
    left[1]?.();
    expect(unsent.budget.usedBytes).toBe(0);
  });
});
