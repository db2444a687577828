import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Asked } from "../shared/adapter.js";
import { decodeBase64 } from "../shared/base64-bytes.js";
import { VideoSessions } from "./video-sessions.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const asked = { call: { origin: { caller: "one" } } } as Asked;
const files = [decodeBase64(Buffer.from("a frame").toString("base64"))];
const minute = 60_000;

it("X17: ends a video that was silent for half an hour, and gives its bytes back", () => {
  const budgets: { usedBytes: number }[] = [];
  const metrics = { limitHit: () => {}, watchBudget: (budget: { usedBytes: number }) => void budgets.push(budget) };
  const sessions = new VideoSessions({ limitBytes: 1000, metrics });
  const { id } = sessions.begin(files, { start: 0, model: "" }, asked);
  expect(budgets[0]?.usedBytes).toBe(7);
  vi.advanceTimersByTime(29 * minute);
  sessions.find(id, asked);
  vi.advanceTimersByTime(29 * minute);
  expect(sessions.find(id, asked).id).toBe(id);
  vi.advanceTimersByTime(30 * minute);
  expect(() => sessions.find(id, asked)).toThrow(/not kept here any more/);
  expect(budgets[0]?.usedBytes).toBe(0);
});
