import { expect, it } from "vitest";
import { type Candidate, choosePeer, freeLoad, preferredPeer } from "./choose-peer.js";
import { rendezvousOrder } from "./rendezvous.js";

const none: ReadonlySet<Candidate> = new Set();
const peer = (outstanding: number, more: Partial<Candidate> = {}): Candidate => ({
  isServing: true,
  avoidUntil: 0,
  outstanding,
  ...more,
});
const away = peer(0, { isServing: false });
const avoided = (outstanding: number) => peer(outstanding, { avoidUntil: 1000 });

it.each<[string, Candidate[], number[], number | undefined]>([
  ["the first when all are idle", [peer(0), peer(0), peer(0)], [], 0],
  ["the first while it has few, whatever the others have", [peer(freeLoad - 1), peer(0), peer(0)], [], 0],
  ["the next when the first has more than its share", [peer(freeLoad), peer(0), peer(0)], [], 1],
  ["the first when all are as busy", [peer(40), peer(40), peer(40)], [], 0],
  ["the first below 1.25 of the average", [peer(50), peer(40), peer(30)], [], 0],
  ["the next above 1.25 of the average", [peer(51), peer(40), peer(29)], [], 1],
  ["the third when the first two have more than their share", [peer(60), peer(60), peer(0)], [], 2],
  ["one that serves", [away, peer(9), away], [], 1],
  ["nobody when nobody serves", [away, away], [], undefined],
  ["nobody when there is nobody", [], [], undefined],
  ["one that did not fail a moment ago", [avoided(0), peer(3)], [], 1],
  ["one that failed when there is nobody else", [avoided(0), away], [], 0],
  ["one that was not tried", [peer(0), peer(0)], [0], 1],
  ["a busy one that was not tried before one that failed", [avoided(0), peer(100), peer(0)], [2], 1],
  ["nobody when all were tried", [peer(0), peer(0)], [0, 1], undefined],
])("chooses %s", (_, order, tried, expected) => {
  const found = choosePeer(order, new Set(tried.map((at) => order[at] as Candidate)), 999, 1.25);
  expect(found && order.indexOf(found)).toBe(expected);
});

it("does not count what those that hang have not answered", () => {
  // 100 requests wait for a server that hangs: they are no reason to load the other two unevenly.
  expect(choosePeer([peer(20), peer(0), avoided(100)], none, 0, 1.25)).toMatchObject({ outstanding: 0 });
});

it("prefers the first that could be asked, busy or not", () => {
  const order = [away, avoided(0), peer(100), peer(0)];
  expect(preferredPeer(order, none, 0)).toBe(order[2]);
});

/** A small generator of chance, so that a failure can be repeated. */
function chance(seed: number) {
  let state = seed;
  return (below: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

it.each([1.05, 1.25, 2])("keeps every peer within %f of the average, and moves nothing that it need not", (factor) => {
  const next = chance(Math.round(factor * 100));
  for (let round = 0; round < 20; round++) {
    const size = 2 + next(12);
    const peers = Array.from({ length: size }, (_, at) => ({ ...peer(0), name: `p${at}`, outstanding: 0 }));
    const names = peers.map(({ name }) => name);
    let total = 0;
    for (let request = 0; request < 400; request++) {
      // Few pictures, so that their peers would be overrun.
      const order = rendezvousOrder(`picture ${next(6)}`, names).map(
        (name) => peers[names.indexOf(name)] as (typeof peers)[0],
      );
      const chosen = choosePeer(order, none, 0, factor);
      if (!chosen) throw new Error("there is always one with room");
      total++;
      const bound = Math.max(freeLoad, Math.ceil((factor * total) / size));
      for (const before of order.slice(0, order.indexOf(chosen as (typeof peers)[0])))
        expect(before.outstanding).toBeGreaterThanOrEqual(bound);
      (chosen as (typeof peers)[0]).outstanding++;
      expect(chosen.outstanding).toBeLessThanOrEqual(bound);
      // Some are answered.
      const done = peers[next(size)] as (typeof peers)[0];
      if (next(3) === 0 && done.outstanding > 0) {
        done.outstanding--;
        total--;
      }
    }
  }
});
