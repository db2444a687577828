import { create } from "@bufbuild/protobuf";
import { afterEach, describe, expect, it, vi } from "vitest";
import {
  EncodeReadySchema,
  ErrorCode,
  PropagateResponseSchema,
  SegmentResultSchema,
  TrackPromptSchema,
} from "../../proto/index.js";
import { Code, ServiceError } from "../../services/runtime/errors.js";
import { toErrorMessage } from "../../services/runtime/grpc/error-message.js";
import { NotKeptError } from "../ask/not-kept-error.js";
import { FramesAhead } from "./frames-ahead.js";
import type { VideoEvent } from "./state/video-state.js";
import { clicked, idOf, size } from "./testing/played-video.js";
import { VideoWork } from "./video-work.js";
import type { VideosOptions } from "./videos.js";

type AskVideos = VideosOptions["ask"];
const call = { signal: new AbortController().signal };
const imageIds = [0, 1, 2].map(idOf);
const never = new Promise<never>(() => {});
const ready = (imageId: string) => create(EncodeReadySchema, { image: { imageId, ...size } });

function work(more: Partial<AskVideos> = {}, frameMs = 60_000) {
  const ask = {
    openImage: vi.fn<AskVideos["openImage"]>(async ({ imageId }) => ready(imageId)),
    segment: vi.fn<AskVideos["segment"]>(async () => create(SegmentResultSchema, {})),
    propagate: vi.fn<AskVideos["propagate"]>(async () => create(PropagateResponseSchema, {})),
    ...more,
  };
  const events: VideoEvent[] = [];
  const enter = vi.fn(async () => () => {});
  const apply = (event: VideoEvent) => void events.push(event);
  return {
    ask,
    events,
    enter,
    work: new VideoWork({ ask, call, turns: { enter }, frameMs, apply, explain: toErrorMessage }),
  };
}

const frame = {
  kind: "make" as const,
  opening: 1,
  step: 1,
  frame: 1,
  imageIds,
  model: "",
  known: [],
  backward: false,
  next: [],
};

describe("Y11 a frame", () => {
  it("takes no turn from others while it is being encoded", async () => {
    let encoded = (_: ReturnType<typeof ready>) => {};
    const encoding = new Promise<ReturnType<typeof ready>>((resolve) => {
      encoded = resolve;
    });
    const openImage = vi.fn<AskVideos["openImage"]>(() => encoding);
    const { work: video, events, enter } = work({ openImage });
    const made = video.make(frame);
    await vi.waitFor(() => expect(openImage).toHaveBeenCalled());
    await Promise.resolve();
    expect(enter).not.toHaveBeenCalled();
    encoded(ready(idOf(1)));
    await made;
    expect(enter).toHaveBeenCalledTimes(1);
    expect(events).toMatchObject([{ kind: "made" }]);
  });

  it("Y9: that was not made in its time may be run again after a while", async () => {
    const { work: video, events } = work({ openImage: () => never }, 20);
    await video.make(frame);
    expect(events).toMatchObject([{ kind: "not-made", error: { retryAfterMs: 5000 } }]);
  });
});

describe("Y9 a frame whose embeddings are not kept", () => {
  afterEach(() => {
    vi.useRealTimers();
  });
  const missing = (reason?: "CACHE_TOO_SMALL") =>
    new NotKeptError(
      new ServiceError({ code: Code.NOT_FOUND, message: "16 MiB at least.", ...(reason ? { reason } : {}) }),
    );

  it("though there is room for them is tried a few times, and may be run again later", async () => {
    vi.useFakeTimers();
    const propagate = vi.fn<AskVideos["propagate"]>(() => Promise.reject(missing()));
    const { work: video, events } = work({ propagate });
    void video.make(frame);
    await vi.advanceTimersByTimeAsync(20_000);
    expect(propagate).toHaveBeenCalledTimes(5);
    expect(events).toMatchObject([
      { kind: "not-made", frame: 1, missing: [], error: { code: ErrorCode.RESOURCE_EXHAUSTED, retryAfterMs: 5000 } },
    ]);
  });

  it("for want of room is tried once, and says how much there must be", async () => {
    const propagate = vi.fn<AskVideos["propagate"]>(() => Promise.reject(missing("CACHE_TOO_SMALL")));
    const { work: video, events } = work({ propagate });
    await video.make(frame);
    expect(propagate).toHaveBeenCalledTimes(1);
    const error = { code: ErrorCode.RESOURCE_EXHAUSTED, message: "16 MiB at least.", reason: "CACHE_TOO_SMALL" };
    expect(events).toEqual([{ kind: "not-made", opening: 1, step: 1, frame: 1, missing: [], error }]);
  });
});

describe("Y9 a frame that is encoded ahead", () => {
  it("and fails is begun once more when its turn comes", async () => {
    const openImage = vi.fn<AskVideos["openImage"]>(async ({ imageId }) => ready(imageId));
    const frames = new FramesAhead({ openImage }, "", call);
    openImage.mockResolvedValueOnce(ready(idOf(0)));
    openImage.mockRejectedValueOnce(new ServiceError({ code: Code.UNAVAILABLE, message: "An encoder was lost." }));
    await frames.ready(imageIds, 0, [1]);
    await expect(frames.ready(imageIds, 1)).resolves.toMatchObject(size);
    expect(openImage).toHaveBeenCalledTimes(3);
  });
});

describe("Y5 a prompt", () => {
  it("can be given up though one of a video before had its number, and ended later", async () => {
    const signals: AbortSignal[] = [];
    const ends: (() => void)[] = [];
    const segment = vi.fn<AskVideos["segment"]>(
      (_request, { signal }) =>
        new Promise((_, reject) => {
          signals.push(signal);
          ends.push(() => reject(new Error("given up")));
        }),
    );
    const { work: video } = work({ segment });
    const prompt = create(TrackPromptSchema, clicked(1, 0));
    const show = (opening: number) =>
      video.show({ kind: "show", opening, asked: 1, imageId: idOf(0), model: "", prompt });
    const first = show(1);
    await vi.waitFor(() => expect(signals).toHaveLength(1));
    video.cancel();
    void show(2);
    ends[0]?.();
    await first;
    await vi.waitFor(() => expect(signals).toHaveLength(2));
    video.abandonShow(1);
    expect(signals[1]?.aborted).toBe(true);
    ends[1]?.();
  });
});
