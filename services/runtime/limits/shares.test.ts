import { describe, expect, it } from "vitest";
import { Shares } from "./shares.js";

/** Takes all that each caller gets when they come in turn. */
function fill(capacity: number, callers: string[]): Shares {
  const shares = new Shares(capacity);
  for (let more = true; more; ) {
    more = false;
    for (const caller of callers) {
      if (shares.refusal({ caller })) continue;
      shares.take({ caller });
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
    expect(fill(capacity, ["a"]).heldBy({ caller: "a" })).toBe(most);
  });

  it("leave a place for who comes, however many were greedy before", () => {
    const shares = fill(1000, ["a", "b", "c", "d"]);
    expect(["a", "b", "c", "d"].map((caller) => shares.heldBy({ caller }))).toEqual([231, 231, 231, 231]);
    expect([shares.refusal({ caller: "a" }), shares.refusal({ caller: "e" })]).toEqual(["share", undefined]);
  });

  it("give what one leaves to those who hold less", () => {
    const shares = new Shares(8);
    const leave = Array.from({ length: 6 }, () => shares.take({ caller: "a" }));
    expect(shares.refusal({ caller: "a" })).toBe("share");
    shares.take({ caller: "b" });
    shares.take({ caller: "c" });
    expect([shares.refusal({ caller: "a" }), shares.refusal({ caller: "d" })]).toEqual(["full", "full"]);
    leave[0]?.();
    leave[0]?.();
    expect(shares.used).toBe(7);
    expect([shares.refusal({ caller: "a" }), shares.refusal({ caller: "b" }), shares.refusal({ caller: "d" })]).toEqual(
      ["share", undefined, undefined],
    );
  });

  it("count by weight", () => {
    const shares = new Shares(100);
    const back = shares.take({ caller: "a" }, 70);
    expect([shares.refusal({ caller: "a" }, 10), shares.refusal({ caller: "a" }, 31)]).toEqual([undefined, "full"]);
    shares.take({ caller: "a" }, 10);
    expect([shares.refusal({ caller: "a" }, 1), shares.refusal({ caller: "b" }, 20)]).toEqual(["share", undefined]);
    back();
    expect([shares.used, shares.heldBy({ caller: "a" }), shares.refusal({ caller: "a" }, 80)]).toEqual([
      10,
      10,
      undefined,
    ]);
  });
});

describe("A3 shares of tenants", () => {
  /** Has everybody, by `tenant.caller`, take all that it gets when all come in turn. @returns what each tenant and each caller holds. */
  function play(capacity: number, everybody: string[]) {
    const shares = new Shares(capacity);
    const holders = everybody.map((name) => {
      const [tenant = "", caller = ""] = name.split(".");
      return { tenant, caller: `${tenant}.${caller}` };
    });
    for (let more = true; more; ) {
      const [...may] = holders.filter((who) => !shares.refusal(who) && shares.take(who));
      more = may.length > 0;
    }
    const ofTenants = Object.fromEntries(holders.map((who) => [who.tenant, shares.heldByTenantOf(who)]));
    return { shares, ofTenants, ofCallers: holders.map((who) => shares.heldBy(who)) };
  }

  it("leave much to another tenant, however many callers one has", () => {
    const everybody = (callers: number) => [
      ...Array.from({ length: callers }, (_, at) => `acme.${at}`),
      "umbrella.one",
    ];
    const left = (callers: number) => play(1000, everybody(callers)).ofTenants.umbrella ?? 0;
    // Twenty who take by turns are there before the other's second turn; that is all that it loses by them.
    expect(left(1)).toBeGreaterThan(350);
    for (const callers of [2, 20, 200]) expect(left(callers)).toBeGreaterThan(150);
  });

  it("leave a quarter to others when all of one have taken what they get", () => {
    const many = Array.from({ length: 20 }, (_, at) => `acme.${at}`);
    const { shares, ofTenants } = play(1000, many);
    expect(ofTenants.acme).toBeGreaterThan(740);
    expect(ofTenants.acme).toBeLessThanOrEqual(750);
    expect(shares.refusal({ caller: "x", tenant: "umbrella" }, 200)).toBeUndefined();
    expect(shares.refusal({ caller: "acme.new", tenant: "acme" })).toBeUndefined();
  });

  it("leave some to those of a tenant who come after its greedy one", () => {
    const { shares, ofCallers } = play(1000, ["acme.greedy"]);
    expect(ofCallers[0]).toBeGreaterThan(650);
    expect(ofCallers[0]).toBeLessThan(750);
    expect(shares.refusal({ caller: "acme.late", tenant: "acme" })).toBeUndefined();
  });

  it("of few places are one at least", () => {
    for (const capacity of [1, 2, 3, 4]) expect(play(capacity, ["acme.a"]).ofTenants.acme).toBeGreaterThan(0);
    expect(new Shares(2).refusal({ caller: "a", tenant: "acme" }, 2)).toBeUndefined();
  });
});
