import { create, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import {
  type ClientFrame,
  ClientFrameSchema,
  CloseCode,
  ErrorCode,
  ServerFrameSchema,
  type TrackCommand,
  TrackState,
  type TrackUpdateSchema,
} from "../../../proto/index.js";
import type { GatewayAt } from "../gateway-at.js";
import type { SocketPort } from "../session/socket.js";
import { type FrameSource, Video } from "./video.js";

type Update = NonNullable<MessageInitShape<typeof TrackUpdateSchema>["update"]>;

/** A gateway's end of a connection that the test speaks for. */
class FakeSocket implements SocketPort {
  binaryType = "";
  readyState = 1;
  readonly heard: TrackCommand[] = [];
  readonly #listeners = new Map<string, (event: never) => void>();

  send(data: Uint8Array<ArrayBuffer>): void {
    const { frame }: ClientFrame = fromBinary(ClientFrameSchema, data);
    if (frame.case === "track") this.heard.push(frame.value);
  }

  close(): void {
    this.readyState = 3;
  }

  addEventListener(type: "message" | "close", listener: (event: never) => void): void {
    this.#listeners.set(type, listener);
  }

  welcome(): void {
    this.#say({ case: "welcome", value: {} });
  }

  say(sequence: number, update: Update): void {
    this.#say({ case: "track", value: { sequence, update } });
  }

  /** What is no frame of any version. */
  mumble(): void {
    this.#listeners.get("message")?.({ data: Uint8Array.of(255, 255, 255).buffer } as never);
  }

  end(code: number): void {
    this.#listeners.get("close")?.({ code } as never);
  }

  /** Numbers of what it was asked of a kind. */
  asked(kind: TrackCommand["command"]["case"]): number[] {
    return this.heard.flatMap(({ sequence, command }) => (command.case === kind ? [sequence] : []));
  }

  #say(frame: NonNullable<MessageInitShape<typeof ServerFrameSchema>["frame"]>): void {
    const bytes = toBinary(ServerFrameSchema, create(ServerFrameSchema, { frame }));
    this.#listeners.get("message")?.({ data: bytes.slice().buffer } as never);
  }
}

const frameAt = (frame: number): Update => ({
  case: "frame",
  value: { frame, objects: [{ object: 1, state: TrackState.TRACKED }] },
});
const done = (cancelled = false): Update => ({ case: "done", value: { frames: 1, cancelled } });
const unavailable = { code: ErrorCode.UNAVAILABLE, message: "Later.", retryAfterMs: 500 };

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

async function open(frames: Iterable<FrameSource> | AsyncIterable<FrameSource> = ["a", "b", "c"]) {
  const sockets: FakeSocket[] = [];
  const gateway = {
    at: (path: string) => `http://gateway/${path}`,
    headers: () => ({}),
    openSocket: () => {
      const socket = new FakeSocket();
      sockets.push(socket);
      return socket;
    },
  };
  const video = new Video(gateway as unknown as GatewayAt, frames, { gateway: "http://gateway" });
  const last = () => sockets.at(-1) as FakeSocket;
  await vi.advanceTimersByTimeAsync(0);
  return { video, sockets, last };
}

/** With a connection. */
async function opened() {
  const all = await open();
  all.last().welcome();
  return all;
}

it("says a stopped run once where a new connection has said it meanwhile, and hears only of its last saying", async () => {
  const { video, last } = await opened();
  const run = video.run();
  const first = run.next();
  const [before = 0] = last().asked("run");
  last().say(before, { case: "stopped", value: { frame: 1, error: unavailable, frames: 0 } });
  await vi.advanceTimersByTimeAsync(10);
  last().end(CloseCode.GOING_AWAY);
  await vi.advanceTimersByTimeAsync(300);
  last().welcome();
  await vi.advanceTimersByTimeAsync(1000);
  const said = last().asked("run");
  expect(said).toHaveLength(1);
  expect(said[0]).toBeGreaterThan(before);
  last().say(before, done(true));
  last().say(said[0] ?? 0, frameAt(1));
  expect((await first).value).toMatchObject({ frame: 1 });
  last().say(said[0] ?? 0, done());
  expect((await run.next()).done).toBe(true);
  video.close();
});

it("says a run that stopped again with a number of its own", async () => {
  const { video, last } = await opened();
  const first = video.run().next();
  last().say(last().asked("run")[0] ?? 0, { case: "stopped", value: { frame: 1, error: unavailable, frames: 0 } });
  await vi.advanceTimersByTimeAsync(600);
  const [before, after = 0] = last().asked("run");
  expect(after).toBeGreaterThan(before ?? 0);
  last().say(after, frameAt(1));
  expect((await first).value).toMatchObject({ frame: 1 });
  video.close();
});

it.each([
  ["frames are missing whenever they were sent", { code: ErrorCode.NOT_FOUND, message: "Gone." }, 6],
  ["there will be no room", { code: ErrorCode.RESOURCE_EXHAUSTED, message: "16 MiB at least." }, 1],
])("ends a run that makes nothing between its stops: %s", async (_why, error, times) => {
  vi.stubGlobal(
    "fetch",
    vi.fn(async () => Response.json({})),
  );
  const { video, sockets, last } = await open(between([new Uint8Array([1]), new Uint8Array([2])]));
  await vi.waitFor(() => expect(video.imageIds).toHaveLength(2));
  last().welcome();
  const run = expect(video.run().next()).rejects.toThrow(error.message);
  for (let time = 1; time <= times; time++) {
    await vi.waitFor(() => expect(last().asked("run")).toHaveLength(time));
    last().say(last().asked("run").at(-1) ?? 0, { case: "stopped", value: { frame: 1, missing: [0, 1], error } });
  }
  await run;
  await vi.advanceTimersByTimeAsync(60_000);
  // Over connections that are made since, too.
  expect(sockets.flatMap((socket) => socket.asked("run"))).toHaveLength(times);
  video.close();
});

it("says all again over another connection where what it said by itself failed for a while", async () => {
  const { video, sockets, last } = await opened();
  const [number = 0] = last().asked("open");
  expect(number).toBeGreaterThan(0);
  last().say(number, { case: "failed", value: unavailable });
  await vi.advanceTimersByTimeAsync(400);
  expect(sockets).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(200);
  expect(sockets).toHaveLength(2);
  last().welcome();
  expect(last().asked("open")).toHaveLength(1);
  video.close();
});

it("ends with why what it said by itself was refused", async () => {
  const { video, last } = await opened();
  const shown = video.show({ frame: 0, object: 1, points: [{ x: 1, y: 1 }] });
  const refused = { code: ErrorCode.INVALID_ARGUMENT, message: "No such model." };
  last().say(last().asked("open")[0] ?? 0, { case: "failed", value: refused });
  await expect(shown).rejects.toThrow("No such model.");
  await expect(video.run().next()).rejects.toThrow("No such model.");
});

it("ends a run whose place a newer one takes", async () => {
  const { video, last } = await opened();
  const first = video.run().next();
  const second = video.run().next();
  expect((await first).done).toBe(true);
  const [, number = 0] = last().asked("run");
  expect(last().asked("cancel")).toEqual([]);
  last().say(number, frameAt(2));
  expect((await second).value).toMatchObject({ frame: 2 });
  video.close();
});

it("waits for a network that is away while frames are sent", async () => {
  const answers = [() => Response.json({}), failed, failed, () => Response.json({})];
  const fetched = vi.fn(async () => (answers.shift() ?? failed)());
  vi.stubGlobal("fetch", fetched);
  const { video } = await open(between(["a", new Uint8Array([1]), new Uint8Array([2])]));
  const sent = vi.fn();
  video.sent.then(sent, () => {});
  await vi.waitFor(() => expect(fetched).toHaveBeenCalledTimes(2));
  await vi.advanceTimersByTimeAsync(1000);
  await vi.advanceTimersByTimeAsync(2000);
  await vi.waitFor(() => expect(sent).toHaveBeenCalled());
  expect(video.imageIds).toHaveLength(3);
});

it("opens no connection once it is closed", async () => {
  const { video, sockets, last } = await opened();
  const first = video.run().next();
  last().end(CloseCode.IDLE);
  video.close();
  await expect(first).rejects.toThrow("closed");
  expect(sockets).toHaveLength(1);
});

it("goes on with a run that makes all again where it was, over another connection too", async () => {
  const { video, last } = await opened();
  const made = video.run();
  const all = [made.next(), made.next(), made.next()];
  const [earlier = 0] = last().asked("run");
  for (const frame of [1, 2]) last().say(earlier, frameAt(frame));
  last().say(earlier, done());
  await Promise.all(all);
  const run = video.run({ again: true });
  const first = run.next();
  last().say(last().asked("run")[1] ?? 0, frameAt(1));
  expect((await first).value).toMatchObject({ frame: 1 });
  last().end(CloseCode.GOING_AWAY);
  await vi.advanceTimersByTimeAsync(300);
  last().welcome();
  const said = last().heard.flatMap(({ command }) =>
    command.case === "known"
      ? command.value.frames.map(({ frame }) => `known ${frame}`)
      : command.case === "run"
        ? [`again ${command.value.again}`]
        : [],
  );
  expect(said).toEqual(["known 1", "again false"]);
  video.close();
});

it("brings a frame back that is missing where an object is shown, and shows it again after a while", async () => {
  const fetched = vi.fn(async () => Response.json({}));
  vi.stubGlobal("fetch", fetched);
  const { video, last } = await open(between([new Uint8Array([1])]));
  await vi.waitFor(() => expect(video.imageIds).toHaveLength(1));
  last().welcome();
  const before = fetched.mock.calls.length;
  const shown = video.show({ frame: 0, object: 1, points: [{ x: 1, y: 1 }] });
  const missing = { code: ErrorCode.NOT_FOUND, message: "Not stored." };
  last().say(last().asked("prompt").at(-1) ?? 0, { case: "failed", value: missing });
  await vi.waitFor(() => expect(last().asked("prompt")).toHaveLength(2));
  expect(fetched.mock.calls.length).toBe(before + 1);
  last().say(last().asked("prompt").at(-1) ?? 0, { case: "failed", value: unavailable });
  await vi.advanceTimersByTimeAsync(600);
  expect(last().asked("prompt")).toHaveLength(3);
  last().say(last().asked("prompt").at(-1) ?? 0, { case: "prompted", value: {} });
  expect(await shown).toEqual({ objects: [], outdated: [] });
  video.close();
});

it("does not show again what another has taken the place of meanwhile", async () => {
  const { video, last } = await opened();
  const shown = video.show({ frame: 0, object: 1, points: [{ x: 1, y: 1 }] });
  const isRefused = expect(shown).rejects.toThrow("Later.");
  last().say(last().asked("prompt")[0] ?? 0, { case: "failed", value: unavailable });
  await vi.advanceTimersByTimeAsync(100);
  video.show({ frame: 0, object: 1, points: [{ x: 2, y: 2 }] }).catch(() => {});
  await vi.advanceTimersByTimeAsync(600);
  expect(last().asked("prompt")).toHaveLength(2);
  await isRefused;
  video.close();
});

it("gives a connection up that owes an answer and says nothing, and none that owes nothing", async () => {
  const { video, sockets, last } = await opened();
  for (const { sequence } of last().heard) last().say(sequence, { case: "opened", value: {} });
  await vi.advanceTimersByTimeAsync(600_000);
  expect(sockets).toHaveLength(1);
  const first = video.run().next();
  // Slow work has signs of life.
  for (let signs = 0; signs < 9; signs++) {
    await vi.advanceTimersByTimeAsync(20_000);
    last().say(last().asked("known").at(-1) ?? 0, { case: "opened", value: {} });
  }
  expect(sockets).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(32_000);
  expect(sockets).toHaveLength(2);
  last().welcome();
  last().say(last().asked("run")[0] ?? 0, frameAt(1));
  expect((await first).value).toMatchObject({ frame: 1 });
  video.close();
});

const failed = (): Response => {
  throw new TypeError("fetch failed");
};

async function* between(sources: readonly FrameSource[]): AsyncGenerator<FrameSource> {
  yield* sources;
}

it("gives a connection up whose frame cannot be read, and asks again over the next", async () => {
  const { video, sockets, last } = await open();
  last().welcome();
  await vi.advanceTimersByTimeAsync(0);
  last().mumble();
  await vi.advanceTimersByTimeAsync(2000);
  expect(sockets.length).toBe(2);
  last().welcome();
  await vi.advanceTimersByTimeAsync(0);
  expect(last().asked("open")).toHaveLength(1);
  video.close();
});
