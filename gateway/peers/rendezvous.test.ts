import { expect, it } from "vitest";
import { rendezvousOrder } from "./rendezvous.js";

const peers = Array.from({ length: 8 }, (_, index) => `decoder-${index}:50052`);
const keys = Array.from({ length: 9000 }, (_, index) => `sha256:${index}`);
const firstOf = (key: string, among: readonly string[]) => rendezvousOrder(key, among)[0] as string;

it("orders every peer once, the same for gateways that know them in another order", () => {
  const shuffled = [...peers].reverse();
  for (const key of keys.slice(0, 200)) {
    const order = rendezvousOrder(key, peers);
    expect([...order].sort()).toEqual([...peers].sort());
    expect(rendezvousOrder(key, shuffled)).toEqual(order);
  }
  expect(rendezvousOrder("key", [])).toEqual([]);
});

it("spreads keys evenly", () => {
  const counts = new Map<string, number>();
  for (const key of keys) counts.set(firstOf(key, peers), (counts.get(firstOf(key, peers)) ?? 0) + 1);
  for (const peer of peers) expect(counts.get(peer)).toBeGreaterThan((keys.length / peers.length) * 0.8);
});

it("moves a ninth of the keys to a ninth peer, and none between the others", () => {
  const more = [...peers, "decoder-8:50052"];
  const moved = keys.filter((key) => firstOf(key, peers) !== firstOf(key, more));
  expect(moved.length).toBeLessThan((keys.length / 9) * 1.15);
  for (const key of moved) expect(firstOf(key, more)).toBe("decoder-8:50052");
});

it("gives a lost peer's keys to their second choice", () => {
  const [lost, ...rest] = peers;
  for (const key of keys.slice(0, 500)) {
    const [first, second] = rendezvousOrder(key, peers);
    expect(firstOf(key, rest)).toBe(first === lost ? second : first);
  }
});
