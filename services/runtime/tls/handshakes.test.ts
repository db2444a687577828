import { Socket } from "node:net";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Handshakes } from "./handshakes.js";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
});
afterEach(() => {
  vi.useRealTimers();
});

const socketAt = (address: string) => Object.defineProperty(new Socket(), "remoteAddress", { value: address });

function make(options: { perSecond?: number; total?: number; perAddress?: number } = {}) {
  const clock = { ms: 0 };
  let dropped = 0;
  const onDropped = () => {
    dropped++;
  };
  const handshakes = new Handshakes({ perSecond: 1000, onDropped, now: () => clock.ms, ...options });
  const enter = (address: string) => {
    const socket = socketAt(address);
    return { socket, ...handshakes.enter(socket) };
  };
  const pass = (ms: number) => {
    clock.ms += ms;
    vi.advanceTimersByTime(ms);
  };
  return { handshakes, enter, pass, dropped: () => dropped };
}

it("T2: holds so many of one address that are not done; for one more its oldest goes, and nobody else's", () => {
  const { handshakes, enter, dropped } = make({ perAddress: 3 });
  const others = enter("203.0.113.8");
  const many = Array.from({ length: 5 }, () => enter("203.0.113.7"));
  expect(many.map(({ socket }) => socket.destroyed)).toEqual([true, true, false, false, false]);
  expect([others.socket.destroyed, handshakes.count, dropped()]).toEqual([false, 4, 2]);
  many[2]?.done();
  many[2]?.done();
  enter("203.0.113.7");
  expect([many[3]?.socket.destroyed, handshakes.count]).toEqual([false, 4]);
});

it("T2: holds so many in all; for one more goes the oldest of the address with most, a whole IPv6 network being one", () => {
  const { handshakes, enter } = make({ total: 5 });
  const few = [enter("203.0.113.7"), enter("203.0.113.7")];
  const many = ["::1", "::2", "::3"].map((end) => enter(`2001:db8:1:1${end}`));
  const late = enter("203.0.113.9");
  expect(many.map(({ socket }) => socket.destroyed)).toEqual([true, false, false]);
  expect([...few, late].some(({ socket }) => socket.destroyed)).toBe(false);
  expect(handshakes.count).toBe(5);
});

it("T2: begins them at their address's rate after its burst, in their order, and skips who has left meanwhile", () => {
  const { enter, pass } = make({ perSecond: 10 });
  const begun: string[] = [];
  const come = (address: string, name: string) => {
    const opening = enter(address);
    opening.begin(() => begun.push(name));
    return opening;
  };
  const many = Array.from({ length: 103 }, (_, at) => come("203.0.113.7", `a${at}`));
  come("203.0.113.8", "b");
  expect(begun).toHaveLength(101);
  expect(begun.at(-1)).toBe("b");
  many[100]?.socket.destroy();
  pass(100);
  expect(begun.slice(101)).toEqual(["a101"]);
  pass(100);
  expect(begun.slice(101)).toEqual(["a101", "a102"]);
});
