import { setTimeout as sleep } from "node:timers/promises";
import { getHeapStatistics, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterEach, expect, it } from "vitest";
import { memoryLimitBytes, residentBytes } from "../limits/process-memory.js";
import { Pressure } from "./pressure.js";

const opened: Pressure[] = [];
const open = () => {
  const pressure = new Pressure();
  opened.push(pressure);
  return pressure;
};
afterEach(() => {
  for (const pressure of opened.splice(0)) pressure.close();
});

/** Nothing else runs on this thread meanwhile. */
function hold(ms: number): void {
  for (const until = performance.now() + ms; performance.now() < until; );
}

it("tells how long the event loop was held up since the last reading, and no more of it in the next", async () => {
  const pressure = open();
  await sleep(50);
  hold(300);
  await sleep(50);
  expect(pressure.read().loopDelayMs).toBeGreaterThan(200);
  // A histogram has buckets: what is under the least of them may be a little more than nothing.
  expect(pressure.read().loopDelayMs).toBeLessThan(200);
});

it("tells the memory that it had last where all descriptors are open", () => {
  const fail = (code: string) => () => {
    throw Object.assign(new Error(code), { code });
  };
  expect(residentBytes(() => 1234)).toBe(1234);
  expect(residentBytes(fail("EMFILE"))).toBe(1234);
  expect(() => residentBytes(fail("EPERM"))).toThrow("EPERM");
});

it("tells the share of the memory, and of the heap what a full collection leaves", async () => {
  const pressure = open();
  const kept: number[][] = [];
  for (let i = 0; i < 20; i++) kept.push(new Array(1024 * 128).fill(i));
  await collect();
  const full = pressure.read();
  expect(full.memory).toBeGreaterThan(0);
  expect(full.memory).toBeLessThan(1);
  expect(full.heap).toBeGreaterThan((20 * 1024 * 1024) / getHeapStatistics().heap_size_limit);
  kept.length = 0;
  await collect();
  expect(pressure.read().heap).toBeLessThan(full.heap);
});

it("counts the memory of processes that work for this one", () => {
  const pressure = open();
  const alone = pressure.read().memory;
  const besides = 0.5 * memoryLimitBytes();
  pressure.countMemory(() => besides);
  expect(pressure.read().memory - alone).toBeGreaterThan(0.4);
});

async function collect(): Promise<void> {
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
  // The observer is told in a turn of its own.
  await sleep(50);
}
