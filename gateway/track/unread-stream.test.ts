import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { afterEach, expect, it, vi } from "vitest";
import { EncodeReadySchema, type TrackCommand, TrackCommandSchema, type TrackUpdateSchema } from "../../proto/index.js";
import { Code } from "../../services/runtime/errors.js";
import { fakeVideos } from "./testing/fake-videos.js";
import { given, idOf, shortly, size } from "./testing/played-video.js";
import { trackStream } from "./track-stream.js";

type Case = NonNullable<MessageInitShape<typeof TrackCommandSchema>["command"]>;
const open: Case = { case: "open", value: { imageIds: [idOf(0), idOf(1)], ...size } };
const prompt: Case = { case: "prompt", value: { prompt: given(1, 0) } };
const run: Case = { case: "run", value: {} };
const never = new Promise<never>(() => {});

afterEach(() => vi.useRealTimers());

/** A stream whose client says all of that at once, and then waits. @param read of what it was told. */
function stream(cases: readonly Case[], read: () => Promise<void>, more: object = {}) {
  const free = { take: () => 0, spend: () => {}, isFull: true };
  const pace = { frames: free, bytes: free, work: [free], onDearFrame: () => {}, leave: () => {}, ...more };
  const videos = fakeVideos({
    openImage: async ({ imageId }) => create(EncodeReadySchema, { image: { imageId, ...size } }),
    segment: () => never,
    propagate: () => never,
  });
  const taken: string[] = [];
  const told: string[] = [];
  async function* commands(): AsyncGenerator<TrackCommand> {
    for (const [at, command] of cases.entries()) {
      taken.push(command.case ?? "");
      yield create(TrackCommandSchema, { sequence: at + 1, command });
    }
    await never;
  }
  const send = (message: MessageInitShape<typeof TrackUpdateSchema>) => {
    if (message.update) told.push(shortly(message.update));
    return read();
  };
  const track = trackStream({ videos, waitingOf: () => ({ hold: () => () => {} }), enter: () => pace });
  const context = { signal: new AbortController().signal, origin: { caller: "somebody" } };
  const ended = track(commands(), send, context as never).then(
    () => undefined,
    (error: unknown) => error,
  );
  return { videos, taken, told, ended };
}

it("Y7: a stream's next command is read when the answers before it are, and the stream ends when they are not", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  let read = () => {};
  const unread = () =>
    new Promise<void>((resolve) => {
      read = resolve;
    });
  const { taken, told, ended } = stream([open, prompt, prompt, prompt], unread);
  await vi.waitFor(() => expect(told).toEqual(["opened"]));
  expect(taken).toEqual(["open"]);
  read();
  await vi.waitFor(() => expect(told).toEqual(["opened", "prompted 1;"]));
  expect(taken).toEqual(["open", "prompt"]);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(await ended).toMatchObject({ code: Code.DEADLINE_EXCEEDED });
  expect(taken).toEqual(["open", "prompt"]);
});

it("Y4: a gateway that stops says so to the run, and then ends the stream", async () => {
  const { videos, told, ended } = stream([open, prompt, run], () => Promise.resolve());
  await vi.waitFor(() => expect(told.at(-1)).toBe("prompted 1;"));
  // The run is read right after that.
  await new Promise((resolve) => setImmediate(resolve));
  videos.stop();
  expect(await ended).toMatchObject({ code: Code.UNAVAILABLE });
  expect(told.at(-1)).toBe("stopped at 1: The gateway is stopping; open the video again.");
});

it("F7: a stream's commands are taken at the pace of a session's frames, and what they take is paid", async () => {
  const asked: number[] = [];
  let left = 1;
  const onDearFrame = vi.fn();
  const leave = vi.fn();
  const frames = { take: () => (left-- > 0 ? 0 : 5), spend: () => {}, isFull: false };
  const bytes = {
    take: (count = 0) => {
      asked.push(count);
      return 0;
    },
    spend: () => {},
    isFull: false,
  };
  const spend = vi.fn();
  const work = [{ take: () => 0, spend, isFull: false }];
  const { videos, told, ended } = stream([open, prompt], () => Promise.resolve(), {
    frames,
    bytes,
    work,
    onDearFrame,
    leave,
  });
  await vi.waitFor(() => expect(left).toBeLessThan(-1));
  expect(told).toEqual(["opened"]);
  expect(onDearFrame).toHaveBeenCalledWith(4);
  expect(spend).toHaveBeenCalledTimes(1);
  left = 1;
  await vi.waitFor(() => expect(told).toEqual(["opened", "prompted 1;"]));
  expect(asked).toEqual([2 * 73, expect.any(Number)]);
  videos.stop();
  await ended;
  expect(leave).toHaveBeenCalledTimes(1);
});
