import { describe, expect, it } from "vitest";
import { Ledger } from "./ledger.js";

describe("Ledger", () => {
  it("tells what became of each click", () => {
    const ledger = new Ledger();
    const [answered, retried, resent, refused] = [ledger.made(0), ledger.made(1), ledger.made(2), ledger.made(3)];
    ledger.made(4);
    ledger.refused(retried);
    ledger.resent(resent);
    for (const click of [answered, retried, resent]) ledger.ended(click, "answered", 10);
    ledger.ended(refused, "refused", 11);
    expect(ledger.figures()).toMatchObject({ clicks: 5, answered: 3, retried: 1, resent: 1, refused: 1, lost: 1 });
    expect(ledger.open).toBe(1);
  });

  it("does not let a click end twice", () => {
    const ledger = new Ledger();
    const click = ledger.made(0);
    ledger.ended(click, "answered", 1);
    expect(() => ledger.ended(click, "answered", 2)).toThrow("twice");
  });

  it("measures recovery of the clicks that a fault touched, from it or from the click", () => {
    const ledger = new Ledger();
    const done = ledger.made(0);
    ledger.ended(done, "answered", 20);
    const open = ledger.made(90);
    ledger.fault(100);
    const slow = ledger.made(110);
    const usual = ledger.made(300);
    ledger.ended(open, "answered", 150);
    ledger.ended(slow, "answered", 180);
    ledger.ended(usual, "answered", 320);
    expect(ledger.figures()).toMatchObject({
      affected: 2,
      recoveryP50Ms: 50,
      recoveryP99Ms: 70,
      recoveredAfterMs: 80,
    });
    expect(ledger.answeredSinceFault).toBe(2);
  });

  it("takes the first of the faults that a click saw, or else the latest before it", () => {
    const ledger = new Ledger();
    const open = ledger.made(0);
    ledger.fault(10);
    ledger.fault(20);
    const later = ledger.made(25);
    ledger.resent(later);
    ledger.ended(open, "answered", 40);
    ledger.ended(later, "answered", 60);
    expect(ledger.figures()).toMatchObject({ affected: 2, recoveryP50Ms: 30, recoveryP99Ms: 35, recoveredAfterMs: 40 });
  });
});
