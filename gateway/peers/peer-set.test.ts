import { afterEach, expect, it } from "vitest";
import { PeerSet } from "./peer-set.js";
import { rendezvousOrder } from "./rendezvous.js";

const addresses = ["a:1", "b:1", "c:1"];
let peers: PeerSet;
afterEach(() => peers.close());

const order = (key: string) => peers.inOrder(key).map(({ address }) => address);

it("gives the rendezvous order, with one client for each address", () => {
  peers = new PeerSet(addresses);
  expect(order("key")).toEqual(rendezvousOrder("key", addresses));
  expect(peers.inOrder("key")[0]).toBe(peers.inOrder("key")[0]);
});

it("puts peers that failed a moment ago last, until they work or the moment has passed", () => {
  let now = 0;
  peers = new PeerSet(addresses, () => now);
  const [first, second, third] = peers.inOrder("key");
  if (!first || !second || !third) throw new Error("three peers");
  peers.failed(first);
  expect(peers.inOrder("key")).toEqual([second, third, first]);
  peers.failed(second);
  expect(peers.inOrder("key")).toEqual([third, first, second]);
  peers.worked(second);
  expect(peers.inOrder("key")).toEqual([second, third, first]);
  now = 1000;
  expect(peers.inOrder("key")).toEqual([first, second, third]);
});

it("still gives peers that have all failed: there is nobody else", () => {
  peers = new PeerSet(addresses, () => 0);
  for (const peer of peers.inOrder("key")) peers.failed(peer);
  expect(order("key")).toEqual(rendezvousOrder("key", addresses));
});
