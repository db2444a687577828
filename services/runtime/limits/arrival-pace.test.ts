import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Code, type ServiceError } from "../errors.js";
import { ArrivalPace } from "./arrival-pace.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function paceOf() {
  const slow: ServiceError[] = [];
  return { slow, pace: new ArrivalPace({ silenceMs: 10_000, leastBytesPerSecond: 100 }, (error) => slow.push(error)) };
}

it("waits for ever while enough comes", () => {
  const { slow, pace } = paceOf();
  pace.expect();
  for (let minute = 0; minute < 600; minute++) {
    vi.advanceTimersByTime(9999);
    pace.arrived(1000);
  }
  expect(slow).toEqual([]);
});

it.each([
  ["nothing", 0],
  ["a trickle", 99],
])("ends when %s comes, once", (_what, bytesPerSecond) => {
  const { slow, pace } = paceOf();
  pace.expect();
  for (let second = 0; second < 30; second++) {
    pace.arrived(bytesPerSecond);
    vi.advanceTimersByTime(1000);
  }
  expect(slow).toEqual([expect.objectContaining({ code: Code.DEADLINE_EXCEEDED, reason: "UPLOAD_TOO_SLOW" })]);
});

it("counts the sender's time alone", () => {
  const { slow, pace } = paceOf();
  pace.expect();
  vi.advanceTimersByTime(9000);
  pace.rest();
  vi.advanceTimersByTime(60_000);
  pace.expect();
  vi.advanceTimersByTime(9000);
  expect(slow).toEqual([]);
  vi.advanceTimersByTime(1000);
  expect(slow).toHaveLength(1);
});
