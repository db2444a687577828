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

it("X17: of who is refused for what others have, no video is ended", () => {
  const metrics = { limitHit: () => {}, watchBudget: () => {} };
  const sessions = new VideoSessions({ limitBytes: 40, metrics });
  const begin = (caller: string, count: number) =>
    sessions.begin(
      Array.from({ length: count }, () => files[0]!),
      { start: 0, model: "" },
      { call: { origin: { caller } } } as Asked,
    );
  begin("other", 4);
  const { id } = begin("one", 1);
  expect(() => begin("one", 3)).toThrow(/Too many videos are kept/);
  expect(sessions.find(id, asked).id).toBe(id);
  // Its own would be enough.
  begin("one", 1);
  expect(() => sessions.find(id, asked)).toThrow(/not kept here/);
});

it("X17: one that is followed is not ended by silence nor for another, and what follows it hears when it is", () => {
  const metrics = { limitHit: () => {}, watchBudget: () => {} };
  const sessions = new VideoSessions({ limitBytes: 10, metrics });
  const session = sessions.begin(files, { start: 0, model: "" }, asked);
  const leave = session.beginFollowing();
  vi.advanceTimersByTime(90 * minute);
  expect(() => sessions.begin(files, { start: 0, model: "" }, asked)).toThrow(/Too many videos/);
  expect(session.ended.aborted).toBe(false);
  leave();
  vi.advanceTimersByTime(30 * minute);
  expect(session.ended.aborted).toBe(true);
});
