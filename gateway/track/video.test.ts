import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { describe, expect, it, vi } from "vitest";
import {
  EncodePriority,
  EncodeReadySchema,
  PropagateResponseSchema,
  SegmentResultSchema,
  TrackCommandSchema,
  TrackState,
} from "../../proto/index.js";
import { Code, ServiceError } from "../../services/runtime/errors.js";
import { toErrorMessage } from "../../services/runtime/grpc/error-message.js";
import { TurnLine } from "../../services/runtime/limits/turn-line.js";
import { ImageGoneError } from "../ask/image-gone-error.js";
import type { Update } from "./state/video-state.js";
import { fakeVideos } from "./testing/fake-videos.js";
import { clicked, given, idOf, rleOf, shortly, size } from "./testing/played-video.js";
import { VideoBytes } from "./video-bytes.js";
import type { VideosOptions } from "./videos.js";

type Command = NonNullable<MessageInitShape<typeof TrackCommandSchema>["command"]>;
const gone = new ImageGoneError(new Error("nobody has it"));
const unavailable = new ServiceError({ code: Code.UNAVAILABLE, message: "A decoder was lost.", retryAfterMs: 1 });
const masks = (count: number) =>
  create(SegmentResultSchema, { masks: Array.from({ length: count }, () => ({ rle: rleOf(5), area: 2 })) });

/** A video of tiers that answer everything, unless told otherwise. */
function open(frames = 4, options: Partial<VideosOptions> = {}) {
  const ask = {
    openImage: vi.fn<VideosOptions["ask"]["openImage"]>(async ({ imageId }) =>
      create(EncodeReadySchema, { image: { imageId, ...size } }),
    ),
    segment: vi.fn<VideosOptions["ask"]["segment"]>(async () => masks(1)),
    propagate: vi.fn<VideosOptions["ask"]["propagate"]>(async ({ known }) =>
      create(PropagateResponseSchema, {
        likeness: 0.9,
        objects:
          known[0]?.masks.map(({ object }) => ({ object, state: TrackState.TRACKED, mask: { rle: rleOf(7) } })) ?? [],
      }),
    ),
  };
  const told: Update[] = [];
  const read = { caughtUp: undefined as Promise<void> | undefined };
  const waiting = { held: 0 };
  const video = fakeVideos(ask, options).open(
    {
      send: (_sequence, update) => {
        told.push(update);
        return read.caughtUp;
      },
    },
    {
      call: { signal: new AbortController().signal, origin: { caller: "somebody" } },
      holdWaiting: () => {
        waiting.held++;
        return () => waiting.held--;
      },
      explain: toErrorMessage,
    },
  );
  const say = (command: Command) => video.take(create(TrackCommandSchema, { sequence: 1, command }), 100);
  const until = (word: string) => vi.waitFor(() => expect(told.map(shortly).at(-1)).toMatch(word));
  say({ case: "open", value: { imageIds: Array.from({ length: frames }, (_, frame) => idOf(frame)) } });
  return { video, ask, told, say, until, read, waiting };
}

describe("Y5 a prompt", () => {
  it("is answered as a click is: its frame is encoded as a person's, and nothing of it is held afterwards", async () => {
    const { say, until, ask, told, waiting } = open();
    say({ case: "prompt", value: { prompt: clicked(1, 2) } });
    expect(waiting.held).toBe(1);
    await until("prompted 1");
    expect(ask.openImage.mock.calls.map(([picture]) => picture)).toEqual([{ imageId: idOf(2), model: "" }]);
    expect(told.at(-1)).toMatchObject({ value: { frame: { frame: 2, objects: [{ state: TrackState.CORRECTED }] } } });
    expect(waiting.held).toBe(0);
  });

  it.each([
    [0, 'Nothing on frame 0 is "dog"; try other words.'],
    [3, '3 objects on frame 0 are "dog"; add a point on the one that you mean.'],
  ])("of words that %i objects are meant by is refused, with their number", async (count, message) => {
    const { say, until, ask, told } = open();
    ask.segment.mockResolvedValueOnce(masks(count));
    const words = { frame: 0, object: 1, prompt: { text: "dog" } };
    say({ case: "prompt", value: { prompt: words } });
    await until("failed");
    expect(told.at(-1)?.value).toMatchObject({ message });
    // One is taken.
    say({ case: "prompt", value: { prompt: words } });
    await until("prompted 1");
  });

  it("on a frame that nobody has says which one", async () => {
    const { say, until, ask } = open();
    ask.openImage.mockRejectedValueOnce(gone);
    say({ case: "prompt", value: { prompt: clicked(1, 2) } });
    await until(`failed: Frame 2 (${idOf(2)}) is not stored here; upload it.`);
  });
});

describe("Y9 a frame", () => {
  it("is tried again when a server is lost, and costs its client nothing but time", async () => {
    const { say, ask, told } = open();
    ask.propagate.mockRejectedValueOnce(unavailable).mockRejectedValueOnce(unavailable);
    ask.openImage.mockRejectedValueOnce(unavailable);
    say({ case: "prompt", value: { prompt: given(1, 0) } });
    say({ case: "run", value: {} });
    await vi.waitFor(() => expect(shortly(told.at(-1)!)).toBe("done 3"), { timeout: 10_000 });
    expect(told.map(shortly).filter((one) => one.startsWith("frame"))).toHaveLength(3);
  });

  it("that is not made in its time stops the run there, which goes on from there when it is run again", async () => {
    const { say, until, ask } = open(4, { frameMs: 20 });
    ask.propagate.mockRejectedValueOnce(unavailable);
    say({ case: "prompt", value: { prompt: given(1, 0) } });
    say({ case: "run", value: {} });
    await until("stopped at 1: Frame 1 was not made within 0 s; run again later.");
    say({ case: "run", value: {} });
    await until("done 3");
  });

  it("that is not stored, or made from one that is not, stops it with the numbers of all that are not", async () => {
    const { say, until, ask } = open();
    const kept = ask.openImage.getMockImplementation();
    ask.openImage.mockImplementation(async (picture, call) => {
      if ([idOf(1), idOf(2)].includes(picture.imageId)) throw gone;
      return kept!(picture, call);
    });
    say({ case: "prompt", value: { prompt: given(1, 0) } });
    say({ case: "run", value: {} });
    await until(`stopped at 1: Frames 1 (${idOf(1)}), 2 (${idOf(2)}) are not stored here; upload them.`);
    ask.propagate.mockRejectedValueOnce(gone);
    ask.openImage.mockImplementation(async ({ imageId }) => {
      if (imageId === idOf(0)) throw gone;
      return create(EncodeReadySchema, { image: { imageId, ...size } });
    });
    say({ case: "run", value: {} });
    await until(`stopped at 0: Frame 0 (${idOf(0)}) is not stored here; upload it.`);
  });

  it("that a limit allows much later is not waited for", async () => {
    const { say, until, ask } = open();
    ask.propagate.mockRejectedValueOnce(
      new ServiceError({ code: Code.RESOURCE_EXHAUSTED, message: "Your limit is reached.", retryAfterMs: 3_000_000 }),
    );
    say({ case: "prompt", value: { prompt: given(1, 0) } });
    say({ case: "run", value: {} });
    await until("stopped at 1: Your limit is reached.");
  });

  it("is encoded behind the pictures that people wait for, with the two after it", async () => {
    const { say, until, ask } = open(6);
    say({ case: "prompt", value: { prompt: given(1, 0) } });
    say({ case: "run", value: {} });
    await until("done 5");
    const encoded = ask.openImage.mock.calls.map(([{ imageId, priority }]) => [Number(imageId.slice(-2)), priority]);
    expect(encoded).toEqual([1, 2, 3, 4, 5].map((frame) => [frame, EncodePriority.BULK]));
  });
});

describe("Y7 who does not read", () => {
  it("is made nothing more for, and goes on when he does", async () => {
    const { say, told, read, ask, until } = open(9);
    say({ case: "prompt", value: { prompt: given(1, 0) } });
    let resolve = () => {};
    read.caughtUp = new Promise((done) => {
      resolve = done;
    });
    say({ case: "run", value: {} });
    await until("frame");
    await vi.waitFor(() => expect(ask.propagate.mock.calls.length).toBeGreaterThan(0));
    const made = ask.propagate.mock.calls.length;
    expect(made).toBeLessThanOrEqual(2);
    read.caughtUp = undefined;
    resolve();
    await until("done 8");
    expect(told.map(shortly).filter((one) => one.startsWith("frame"))).toHaveLength(8);
  });
});

describe("Y4 a run that waits for frames", () => {
  it("is nothing that its session is kept open for", async () => {
    const { video, say, until } = open(2);
    say({ case: "open", value: { imageIds: [idOf(0), idOf(1)], more: true } });
    say({ case: "prompt", value: { prompt: given(1, 0) } });
    say({ case: "run", value: {} });
    expect(video.isWaiting).toBe(true);
    await until("frame 1");
    expect(video.isWaiting).toBe(false);
    say({ case: "append", value: { imageIds: [idOf(2)], more: true } });
    expect(video.isWaiting).toBe(true);
    await until("frame 2");
    video.ended();
    await until("done 2");
  });
});

describe("Y11 the frames of many videos", () => {
  it("take turns by tenant, however many callers one has", async () => {
    const turns = new TurnLine(1);
    const { signal } = new AbortController();
    const order: string[] = [];
    const enter = async (caller: string, tenant: string) => {
      const end = await turns.enter({ caller, tenant }, signal);
      order.push(caller);
      end();
    };
    const first = await turns.enter({ caller: "a0", tenant: "a" }, signal);
    const all = [enter("a1", "a"), enter("a2", "a"), enter("a3", "a"), enter("b1", "b")];
    first();
    await Promise.all(all);
    expect(order).toEqual(["a1", "b1", "a2", "a3"]);
  });

  it("take turns, a caller each, four at once", async () => {
    const turns = new TurnLine(4);
    const { signal } = new AbortController();
    const order: string[] = [];
    const ends: (() => void)[] = [];
    const enter = (caller: string, own = signal) =>
      turns.enter({ caller, tenant: undefined }, own).then(
        (end) => {
          order.push(caller);
          ends.push(end);
        },
        () => order.push(`${caller} left`),
      );
    const leaving = new AbortController();
    for (const caller of ["a", "a", "a", "a", "a", "a", "b", "a"]) void enter(caller);
    void enter("c", leaving.signal);
    await vi.waitFor(() => expect(order).toEqual(["a", "a", "a", "a"]));
    leaving.abort();
    for (let at = 0; at < 7; at++) {
      await vi.waitFor(() => expect(ends.length).toBeGreaterThan(at));
      ends[at]?.();
      ends[at]?.();
    }
    await vi.waitFor(() => expect(order.slice(4)).toEqual(["c left", "a", "b", "a", "a"]));
    await expect(turns.enter({ caller: "d", tenant: undefined }, AbortSignal.abort())).rejects.toThrow();
  });
});

describe("Y8 what is kept of videos", () => {
  it("is a quarter of all for one, less where others have more, and given back", () => {
    const bytes = new VideoBytes(1000, 1000);
    const [a, b] = [bytes.of({ caller: "a" }), bytes.of({ caller: "b" })];
    expect(a.maxBytes).toBe(250);
    a.keep(250);
    const others = [1, 2].map(() => bytes.of({ caller: "a" }));
    for (const one of others) one.keep(250);
    // Who holds three times what is free gets no more, and others do.
    expect(bytes.of({ caller: "a" }).maxBytes).toBe(0);
    expect(b.maxBytes).toBe(250);
    b.keep(400);
    expect(bytes.budget.usedBytes).toBe(1000);
    for (const one of [a, b, ...others]) one.release();
    expect(bytes.budget.usedBytes).toBe(0);
  });
});
