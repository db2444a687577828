import { expect, it } from "vitest";
import { type BreakerState, CircuitBreaker } from "./circuit-breaker.js";

type Event = "succeeded" | "failed" | "trip" | "probing" | "restore";

const cases: [name: string, events: Event[], state: BreakerState][] = [
  ["begins open", [], "open"],
  ["is half-open while it is probed", ["probing"], "half-open"],
  ["closes when a probe is answered", ["probing", "restore"], "closed"],
  ["opens again when the probe finds nothing", ["probing", "trip"], "open"],
  ["stays closed under fewer failures than the threshold", ["restore", "failed", "failed"], "closed"],
  ["opens at the threshold", ["restore", "failed", "failed", "failed"], "open"],
  ["counts failures in a row only", ["restore", "failed", "failed", "succeeded", "failed", "failed"], "closed"],
  ["forgets failures when it closes", ["restore", "failed", "failed", "trip", "restore", "failed"], "closed"],
  ["opens at once when the server is known to be gone", ["restore", "trip"], "open"],
  ["stays open under late answers and failures", ["trip", "succeeded", "failed"], "open"],
  ["probes only what is open", ["restore", "probing"], "closed"],
];

it.each(cases)("%s", (_name, events, state) => {
  const changes: BreakerState[] = [];
  const breaker = new CircuitBreaker(3, (now) => changes.push(now));
  for (const event of events) breaker[event]();
  expect(breaker.state).toBe(state);
  // Every change is told once, and the last of them is the state.
  expect(changes.at(-1) ?? "open").toBe(state);
  expect(changes.every((one, index) => one !== changes[index - 1])).toBe(true);
});
