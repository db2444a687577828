import { EventEmitter } from "node:events";
import type { ServerHttp2Session, ServerHttp2Stream } from "node:http2";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { FirstRequests } from "./first-requests.js";

const limits = { silentMs: 100, mostMs: 1000 };

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A connection that is watched, and a call on it. */
function connection() {
  const firstRequests = new FirstRequests(limits);
  const socket = { bytesRead: 24 };
  const destroy = vi.fn(() => session.emit("close"));
  const session = Object.assign(new EventEmitter(), { socket, destroy });
  firstRequests.expect(session as unknown as ServerHttp2Session);
  return {
    socket,
    destroy,
    call(isOne: boolean): EventEmitter {
      const stream = Object.assign(new EventEmitter(), { session });
      firstRequests.hear(stream as unknown as ServerHttp2Stream, isOne);
      return stream;
    },
  };
}

it("ends when its peer sends nothing", () => {
  const { destroy } = connection();
  vi.advanceTimersByTime(99);
  expect(destroy).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(destroy).toHaveBeenCalledTimes(1);
  vi.advanceTimersByTime(10_000);
  expect(destroy).toHaveBeenCalledTimes(1);
});

it("goes on while something comes, however slowly, but not for ever", () => {
  const { socket, destroy, call } = connection();
  call(true);
  for (let looks = 1; looks < 10; looks++) {
    socket.bytesRead++;
    vi.advanceTimersByTime(100);
  }
  expect(destroy).not.toHaveBeenCalled();
  socket.bytesRead++;
  vi.advanceTimersByTime(100);
  expect(destroy).toHaveBeenCalledTimes(1);
});

it.each([
  ["the one message of a call is whole", true, "end"],
  ["the first message of a stream begins", false, "data"],
])("is left alone once %s", (_name, isOne, event) => {
  const { destroy, call } = connection();
  const other = isOne ? "data" : "end";
  const stream = call(isOne);
  stream.emit(other);
  stream.emit(event);
  vi.advanceTimersByTime(10_000);
  expect(destroy).not.toHaveBeenCalled();
});

it("ends in spite of a call whose message does not come", () => {
  const { destroy, call } = connection();
  call(true).emit("data");
  vi.advanceTimersByTime(100);
  expect(destroy).toHaveBeenCalledTimes(1);
});
