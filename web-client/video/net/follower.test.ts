import { create } from "@bufbuild/protobuf";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { CloseCode, ErrorCode, FrameMasksSchema, type Mask, MaskSchema, TrackState } from "../../../proto/index.js";
import { FakeSockets } from "../../sdk/video/testing/fake-sockets.js";
import { emptyTrack, made, shown, type Track } from "../state/track.js";
import { Follower } from "./follower.js";

const mask = (counts: string): Mask => create(MaskSchema, { rle: { size: [2, 2], counts } });
const one = { id: 1, colour: 0, name: undefined };

/** Shown on frame 0 of 4, made on 1 and 2. */
function tracked(): Track {
  let track = shown(emptyTrack, 0, mask("04"), one);
  for (const frame of [1, 2]) {
    const objects = [{ object: 1, state: TrackState.TRACKED, mask: mask("13") }];
    track = made(track, create(FrameMasksSchema, { frame, objects }));
  }
  return track;
}

/** A video at work, whose frames the service has as soon as it is let say so. */
function follow(from: Track) {
  const sockets = new FakeSockets();
  const problems: string[] = [];
  const work = { track: from };
  const follower = new Follower({
    openSocket: () => sockets.open(),
    frameAt: (frame) => ({ imageId: `frame-${frame}`, file: () => Promise.resolve(new Blob()) }),
    video: () => ({ frames: 4, isWhole: true, width: 2, height: 2 }),
    track: () => work.track,
    changed: (track) => {
      work.track = track;
    },
    problem: (message) => problems.push(message),
  });
  const correct = (frame: number, counts: string) => {
    work.track = shown(work.track, frame, mask(counts), one);
    follower.tell([{ kind: "shown", object: 1, frame }]);
  };
  return { sockets, problems, work, follower, correct };
}

/** What is asked of frames, until the test has it answered. */
let asked: (() => void)[] = [];
const stored = () =>
  new Response(JSON.stringify({ stored: true }), { headers: { "content-type": "application/json" } });
const letAnswer = async () => {
  for (const answer of asked.splice(0)) answer();
  await vi.advanceTimersByTimeAsync(1);
};
const failed = (code: ErrorCode, retryAfterMs?: number) => ({
  case: "failed" as const,
  value: { code, message: "No room.", ...(retryAfterMs !== undefined && { retryAfterMs }) },
});

describe("the following of a video", () => {
  beforeEach(() => {
    asked = [];
    vi.useFakeTimers();
    vi.stubGlobal("addEventListener", () => {});
    vi.stubGlobal("fetch", () => new Promise((resolve) => asked.push(() => resolve(stored()))));
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it("says a run behind the prompt of an object that was shown just before", async () => {
    const { sockets, follower, correct } = follow(emptyTrack);
    correct(0, "04");
    sockets.last.welcome();
    await letAnswer();
    correct(2, "22");
    follower.start(0);
    await vi.advanceTimersByTimeAsync(1);
    expect(sockets.last.cases).toEqual(["open", "prompt"]);
    await letAnswer();
    expect(sockets.last.cases).toEqual(["open", "prompt", "prompt", "run"]);
    follower.close();
  });

  it("does not take for known what a correction outdated while there was no connection", async () => {
    const { sockets, follower, correct } = follow(tracked());
    follower.start(0);
    sockets.last.welcome();
    await letAnswer();
    sockets.last.end(CloseCode.SLOW_READER);
    correct(3, "22");
    await vi.advanceTimersByTimeAsync(5_000);
    sockets.last.welcome();
    await letAnswer();
    expect(sockets.all.map(({ cases }) => cases)).toEqual([
      ["open", "prompt", "known", "run"],
      ["open", "prompt", "prompt", "run"],
    ]);
    follower.close();
  });

  it("does not take for known what was outdated while all was told", async () => {
    const { sockets, follower, correct } = follow(tracked());
    follower.start(0);
    sockets.last.welcome();
    correct(1, "22");
    await letAnswer();
    expect(sockets.last.cases).toEqual(["open", "prompt", "prompt", "run"]);
    follower.close();
  });

  it("tells a session nothing that was begun for the one before", async () => {
    const { sockets, follower } = follow(tracked());
    follower.start(0);
    sockets.last.welcome();
    const ofTheFirst = asked.splice(0);
    sockets.last.end(CloseCode.SLOW_READER);
    await vi.advanceTimersByTimeAsync(5_000);
    sockets.last.welcome();
    for (const answer of ofTheFirst) answer();
    await vi.advanceTimersByTimeAsync(1);
    expect(sockets.last.cases).toEqual(["open"]);
    await letAnswer();
    expect(sockets.last.cases).toEqual(["open", "prompt", "known", "run"]);
    follower.close();
  });

  it.each(["open", "known"] as const)(
    "tells all again, after the wait that is asked for, where `%s` fails",
    async (kind) => {
      const { sockets, problems, follower } = follow(tracked());
      follower.start(0);
      sockets.last.welcome();
      await letAnswer();
      sockets.last.update(sockets.last.sequenceOf(kind), failed(ErrorCode.RESOURCE_EXHAUSTED, 7_000));
      // What was said after it fails too, and changes nothing.
      sockets.last.update(sockets.last.sequenceOf("run"), failed(ErrorCode.INVALID_ARGUMENT));
      await vi.advanceTimersByTimeAsync(6_900);
      expect(sockets.last.commands.length).toBe(4);
      await vi.advanceTimersByTimeAsync(200);
      await letAnswer();
      expect(sockets.last.cases.slice(4)).toEqual(["open", "prompt", "known", "run"]);
      expect([problems, follower.run !== undefined]).toEqual([[], true]);
      follower.close();
    },
  );

  it("ends a run with the reason where the video is refused, and tells it anew when a person asks again", async () => {
    const { sockets, problems, follower } = follow(tracked());
    follower.start(0);
    sockets.last.welcome();
    await letAnswer();
    sockets.last.update(sockets.last.sequenceOf("open"), failed(ErrorCode.INVALID_ARGUMENT));
    expect([problems, follower.run]).toEqual([["No room."], undefined]);
    follower.start(0);
    await letAnswer();
    expect(sockets.last.cases.slice(4)).toEqual(["open", "prompt", "known", "run"]);
    follower.close();
  });

  it("says a prompt again that was refused for a moment", async () => {
    const { sockets, problems, follower } = follow(tracked());
    follower.start(0);
    sockets.last.welcome();
    await letAnswer();
    sockets.last.update(sockets.last.sequenceOf("prompt"), failed(ErrorCode.UNAVAILABLE, 100));
    await vi.advanceTimersByTimeAsync(150);
    await letAnswer();
    expect([sockets.last.cases.slice(4), problems]).toEqual([["prompt"], []]);
    follower.close();
  });

  it.each([
    ["lacks frames whenever they were sent", ErrorCode.NOT_FOUND, 7],
    ["will have no room", ErrorCode.RESOURCE_EXHAUSTED, 1],
  ])("ends a run that makes nothing between its stops, where the service %s", async (_why, code, times) => {
    const { sockets, problems, follower } = follow(tracked());
    follower.start(0);
    sockets.last.welcome();
    await letAnswer();
    const runs = () => sockets.all.flatMap(({ cases }) => cases).filter((one) => one === "run").length;
    for (let time = 1; time <= times; time++) {
      expect(runs()).toBe(time);
      const { value: error } = failed(code);
      sockets.last.update(sockets.last.sequenceOf("run"), {
        case: "stopped",
        value: { frame: 3, missing: [3], error },
      });
      await letAnswer();
      await letAnswer();
    }
    await vi.advanceTimersByTimeAsync(60_000);
    expect([problems, follower.run, runs()]).toEqual([["No room."], undefined, times]);
    follower.close();
  });

  it("ends a run where the service does not understand the page", async () => {
    const { sockets, problems, follower } = follow(tracked());
    follower.start(0);
    sockets.last.welcome();
    await letAnswer();
    sockets.last.end(CloseCode.BAD_FRAMES);
    expect([problems.length, follower.run]).toEqual([1, undefined]);
    follower.close();
  });
});
