import { describe, expect, it } from "vitest";
import { bankFor } from "./bank.js";

const upTo = (from: number, to: number) =>
  new Map(Array.from({ length: to - from + 1 }, (_, at) => [from + at, `m${from + at}`]));
const forward = (frame: number) => ({ frame, direction: "forward" as const });
const shortly = ({ masks, pointers }: ReturnType<typeof bankFor<string>>) => ({
  masks: masks.map(({ memory, encoding }) => `${memory} ${encoding}`),
  pointers: pointers.map(({ memory, distance }) => `${memory} ${distance}`),
});

describe("what SAM 2 looks back at", () => {
  it("is the touched frame, then t-6 to t-1, each with its temporal encoding", () => {
    const { masks } = shortly(bankFor(forward(20), { shown: new Map([[0, "m0"]]), followed: upTo(1, 19) }));
    expect(masks).toEqual(["m0 6", "m14 5", "m15 4", "m16 3", "m17 2", "m18 1", "m19 0"]);
  });

  it("is fewer near the start", () => {
    expect(shortly(bankFor(forward(1), { shown: new Map([[0, "m0"]]), followed: new Map() }))).toEqual({
      masks: ["m0 6"],
      pointers: ["m0 1"],
    });
    const { masks } = shortly(bankFor(forward(3), { shown: new Map([[0, "m0"]]), followed: upTo(1, 2) }));
    expect(masks).toEqual(["m0 6", "m1 1", "m2 0"]);
  });

  it("are pointers of the touched frame and of the fifteen before, sixteen in all", () => {
    const { pointers } = shortly(bankFor(forward(40), { shown: new Map([[0, "m0"]]), followed: upTo(1, 39) }));
    expect(pointers).toEqual(["m0 40", ...Array.from({ length: 15 }, (_, at) => `m${39 - at} ${at + 1}`)]);
  });

  it("goes backwards as forwards, and leaves out the pointers of touched frames that are ahead", () => {
    const touched = new Map([
      [2, "m2"],
      [10, "m10"],
    ]);
    const bank = bankFor({ frame: 7, direction: "backward" }, { shown: touched, followed: upTo(8, 9) });
    expect(shortly(bank)).toEqual({ masks: ["m2 6", "m10 6", "m9 1", "m8 0"], pointers: ["m10 3", "m8 1", "m9 2"] });
  });

  it("has the touched frames nearest, and seven masks at most", () => {
    const touched = upTo(0, 9);
    const { masks } = shortly(bankFor(forward(30), { shown: touched, followed: upTo(10, 29) }));
    expect(masks).toEqual(["m4 6", "m5 6", "m6 6", "m7 6", "m8 6", "m9 6", "m29 0"]);
    const two = shortly(bankFor(forward(30), { shown: upTo(0, 1), followed: upTo(2, 29) })).masks;
    expect(two).toEqual(["m0 6", "m1 6", "m25 4", "m26 3", "m27 2", "m28 1", "m29 0"]);
  });

  it("takes a touched frame that is not looked at as such for one that was followed", () => {
    const bank = bankFor(forward(3), { shown: upTo(0, 2), followed: new Map() }, 1);
    expect(shortly(bank).masks).toEqual(["m2 6", "m0 2", "m1 1"]);
  });
});
