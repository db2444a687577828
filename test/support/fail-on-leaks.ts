import { getActiveResourcesInfo } from "node:process";
import { setImmediate } from "node:timers/promises";
import { afterAll, beforeAll, expect } from "vitest";

/*
 * A set-up file of the end-to-end suite: whatever a test file opens it must close. Its hooks are registered before the
 * file's own, so that it looks after the file's last one.
 */

/** What only the operating system frees: servers, sockets, children, threads' ports. Timers end by themselves. */
const watched = ["TCPServerWrap", "TCPSocketWrap", "ProcessWrap", "MessagePort", "Worker", "FSEventWrap"];
/** A handle that is closing is gone within a few turns of the event loop. */
const graceMs = 5000;

let before: Record<string, number> = {};

beforeAll(() => {
  before = open();
});

afterAll(async () => {
  const deadline = performance.now() + graceMs;
  while (leaks().length > 0 && performance.now() < deadline) await setImmediate();
  expect(leaks(), "handles that the file left open").toEqual([]);
});

function open(): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const kind of getActiveResourcesInfo()) if (watched.includes(kind)) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}

function leaks(): string[] {
  return Object.entries(open())
    .filter(([kind, count]) => count > (before[kind] ?? 0))
    .map(([kind, count]) => `${count - (before[kind] ?? 0)} x ${kind}`);
}
