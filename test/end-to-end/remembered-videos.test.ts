import { create, fromJsonString, type MessageInitShape, toJsonString } from "@bufbuild/protobuf";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  bitmapToRle,
  decodeRle,
  encodeRle,
  type FrameMasks,
  ListModelsResponseSchema,
  type TrackCommandSchema,
  TrackEventSchema,
  type TrackedMask,
  TrackPromptSchema,
  TrackService,
  TrackState,
  type TrackUpdate,
  type TrackVideoRequest,
  TrackVideoRequestSchema,
} from "../../proto/index.js";
import { rleBoundingBox } from "../../proto/rle.js";
import { readRecall } from "../../services/decoder/testing/memory-model.js";
import { handedOn, reachOf } from "../../services/maskwire/command/track/handed-on.js";
import { type Portion, portionsOf } from "../../services/maskwire/command/track/portions.js";
import type { Maskwire } from "../../services/maskwire/maskwire.js";
import { RpcClient } from "../../services/runtime/grpc/client.js";
import { imageIdOf } from "../../services/runtime/image-id.js";
import { freePort } from "../../services/runtime/testing/free-port.js";
import { RedisServer } from "../support/redis-server.js";
import { metric, startMaskwire } from "../support/start-maskwire.js";
import { tinyTrackerEnv, trackers } from "../support/tiny-tracker.js";

/*
 * A model with a memory, from an entry of the manifest through all tiers: what it remembers of each frame is told by its estimate of the
 * mask's IoU.
 */

type Command = NonNullable<MessageInitShape<typeof TrackCommandSchema>["command"]>;

const side = 256;
const count = 12;
const size = 48;
/** Two things, of which the first is behind something in frames 6 and 7. */
const first = {
  colour: [230, 40, 40],
  at: (frame: number) => ({ x: 16 * frame, y: 32 }),
  isThere: (frame: number) => frame !== 6 && frame !== 7,
};
const second = { colour: [40, 230, 40], at: (frame: number) => ({ x: 192 - 16 * frame, y: 144 }), isThere: () => true };
const shownOn = 3;

/** A picture without compression: each colour is what it is. */
async function pictureOf(frame: number): Promise<Buffer> {
  const data = Buffer.alloc(3 * side ** 2, 100);
  for (const { colour, at, isThere } of [first, second]) {
    const { x, y } = at(frame);
    for (let row = y; isThere(frame) && row < y + size; row++) {
      for (let column = Math.max(x, 0); column < Math.min(x + size, side); column++)
        data.set(colour, 3 * (row * side + column));
    }
  }
  // Frames of one look are one picture: a corner counts them.
  data.set([100, 100 + frame, 100], 0);
  return sharp(data, { raw: { width: side, height: side, channels: 3 } })
    .png()
    .toBuffer();
}

const clickOn = (thing: typeof first, frame: number) => {
  const { x, y } = thing.at(frame);
  return { points: [{ x: x + size / 2, y: y + size / 2 }] };
};

/** As a person has drawn it. @param beside so many pixels to its right. */
const drawn = (thing: typeof first, frame: number, beside = 0) => {
  const { x, y: top } = thing.at(frame);
  const left = x + beside;
  const bitmap = Uint8Array.from({ length: side ** 2 }, (_, at) => {
    const [x, y] = [(at % side) - left, Math.floor(at / side) - top];
    return x >= 0 && x < size && y >= 0 && y < size ? 1 : 0;
  });
  return { mask: { source: { case: "rle" as const, value: encodeRle(bitmapToRle(bitmap, side, side)) } } };
};

let redis: RedisServer;
let tiers: { encoder: Maskwire; decoder: Maskwire; gateway: Maskwire };
let startDecoder: () => Promise<Maskwire>;
let rpc: RpcClient;
let imageIds: string[];

beforeAll(async () => {
  redis = await RedisServer.start();
  const ports = { encoder: await freePort(), decoder: await freePort() };
  const start = (role: string, more: Record<string, string>) =>
    startMaskwire({ ...tinyTrackerEnv(), MASKWIRE_ROLE: role, MASKWIRE_CACHE_URL: redis.url, ...more });
  startDecoder = () => start("decoder", { MASKWIRE_PORT: String(ports.decoder) });
  const [encoder, decoder] = await Promise.all([
    start("encoder", { MASKWIRE_PORT: String(ports.encoder) }),
    startDecoder(),
  ]);
  const gateway = await start("gateway", {
    MASKWIRE_ADAPTERS: "cvat",
    MASKWIRE_ENCODER_ADDRESS: `127.0.0.1:${ports.encoder}`,
    MASKWIRE_DECODER_ADDRESSES: `127.0.0.1:${ports.decoder}`,
  });
  tiers = { encoder, decoder, gateway };
  rpc = new RpcClient(new URL(gateway.url).host);
  const pictures = await Promise.all(Array.from({ length: count }, (_, frame) => pictureOf(frame)));
  imageIds = pictures.map((bytes) => imageIdOf(bytes));
  for (const body of pictures) {
    const answer = await fetch(`${gateway.url}/v1/images`, {
      method: "POST",
      body,
      headers: { "content-type": "image/png" },
    });
    expect(answer.status).toBe(200);
    await answer.text();
  }
});

afterAll(async () => {
  rpc.close();
  for (const one of [tiers.gateway, tiers.decoder, tiers.encoder]) await one.stop();
  await redis[Symbol.asyncDispose]();
});

/** A stream with a video. */
async function openVideo(model: string) {
  const call = rpc.duplex(TrackService.method.track, {});
  const updates = call.responses[Symbol.asyncIterator]();
  let sequence = 0;
  const say = (command: Command) => call.send({ sequence: ++sequence, command });
  const next = async () => (await updates.next()).value as TrackUpdate;
  await say({ case: "open", value: { imageIds, model } });
  expect((await next()).update.case).toBe("opened");
  return {
    show: async (object: number, frame: number, prompt: object) => {
      await say({ case: "prompt", value: { prompt: { frame, object, prompt } } });
      const { update } = await next();
      if (update.case !== "prompted") throw new Error(`expected a mask, got ${JSON.stringify(update.value)}`);
      return update.value;
    },
    /** Its frames in the order in which they came. @param until told of each. */
    run: async (value: object = {}, until: (frame: number) => Promise<void> = async () => {}) => {
      await say({ case: "run", value });
      const frames = new Map<number, readonly TrackedMask[]>();
      for (;;) {
        const { update } = await next();
        if (update.case === "done") return frames;
        if (update.case !== "frame") throw new Error(`expected a frame, got ${JSON.stringify(update.value)}`);
        frames.set(update.value.frame, update.value.objects);
        await until(update.value.frame);
      }
    },
    [Symbol.asyncDispose]: async () => call.cancel(),
  };
}

const ofObject = (frames: ReadonlyMap<number, readonly TrackedMask[]>, frame: number, object = 1) =>
  frames.get(frame)?.find((one) => one.object === object);

function expectOn(thing: typeof first, frame: number, found: TrackedMask | undefined): void {
  expect(found?.state, `frame ${frame}`).toBe(TrackState.TRACKED);
  const { x, y, width, height } = rleBoundingBox(decodeRle(found!.mask!.rle!));
  const wanted = thing.at(frame);
  // Of the grid's cells, of four pixels, one may be missing at an edge.
  for (const [is, should] of [
    [x, wanted.x],
    [y, wanted.y],
    [width, Math.min(size, side - wanted.x)],
    [height, size],
  ]) {
    expect(Math.abs(is! - should!), `frame ${frame}: ${[x, y, width, height]}`).toBeLessThanOrEqual(5);
  }
}

const recallOf = (frames: ReadonlyMap<number, readonly TrackedMask[]>, frame: number) =>
  readRecall(ofObject(frames, frame)!.agreement);

describe.each([
  ["cells", trackers.cells],
  ["latents, as EdgeTAM's", trackers.latents],
])("a memory of %s", (_what, model) => {
  it("follows objects both ways, apart from each other, and past frames in which one is absent", async () => {
    await using video = await openVideo(model);
    await video.show(1, shownOn, drawn(first, shownOn));
    await video.show(2, shownOn, clickOn(second, shownOn));
    // The same thing, with a little of what is beside it: a pixel is one object's, and the other one is surer of it.
    await video.show(3, shownOn, drawn(first, shownOn, 12));
    const frames = await video.run();
    expect([...frames.keys()]).toEqual([4, 5, 6, 7, 8, 9, 10, 11, 2, 1, 0]);
    for (const frame of frames.keys()) {
      if (first.isThere(frame)) expectOn(first, frame, ofObject(frames, frame));
      else expect(ofObject(frames, frame)).toMatchObject({ state: TrackState.ABSENT });
      expectOn(second, frame, ofObject(frames, frame, 2));
      expect(ofObject(frames, frame, 3)).toMatchObject({ state: TrackState.ABSENT });
    }
    expect(ofObject(frames, 6)?.mask).toBeUndefined();
    // The shown frame has the last encoding of time, the one just before the first.
    expect(recallOf(frames, 4)).toEqual({ encodings: [6], pointers: 1, looked: 0, shown: 1 });
    expect(recallOf(frames, 5)).toEqual({ encodings: [0, 6], pointers: 2, looked: 1, shown: 1 });
    // Those in which it was absent are remembered too, by what stands for no object.
    expect(recallOf(frames, 8)).toEqual({ encodings: [0, 1, 2, 3, 6], pointers: 5, looked: 2, shown: 1 });
    // Six frames back by their masks, more by their pointers.
    expect(recallOf(frames, 11)).toEqual({ encodings: [0, 1, 2, 3, 4, 5, 6], pointers: 8, looked: 5, shown: 1 });
    expect(recallOf(frames, 1)).toEqual({ encodings: [0, 6], pointers: 2, looked: 1, shown: 1 });
  });

  it("looks at a correction as at what was shown first", async () => {
    await using video = await openVideo(model);
    await video.show(1, shownOn, drawn(first, shownOn));
    await video.run();
    const { outdated } = await video.show(1, 9, drawn(first, 9));
    expect(outdated).toMatchObject([
      { object: 1, first: 4, last: 8 },
      { object: 1, first: 10, last: 11 },
    ]);
    const frames = await video.run();
    expect([...frames.keys()]).toEqual([4, 5, 6, 10, 11, 8, 7]);
    expect(recallOf(frames, 10)).toMatchObject({ encodings: [6], pointers: 2, shown: 2 });
    // From behind: of what was shown, the pointer of that alone which the track has come from.
    expect(recallOf(frames, 8)).toEqual({ encodings: [6], pointers: 1, looked: 0, shown: 2 });
  });
});

it("goes on with the same masks after its decoder was lost, whose memory is made again of the masks", async () => {
  await using video = await openVideo(trackers.cells);
  await video.show(1, shownOn, clickOn(first, shownOn));
  const whole = await video.run();
  const made = () => metric(tiers.decoder.adminUrl, 'maskwire_track_memories_total{outcome="made"}');
  const found = await metric(tiers.decoder.adminUrl, 'maskwire_track_memories_total{outcome="found"}');
  expect(found).toBeGreaterThan(0);
  expect(await metric(tiers.decoder.adminUrl, "maskwire_track_memory_bytes")).toBeGreaterThan(0);
  await tiers.decoder.stop();
  tiers.decoder = await startDecoder();
  expect(await made()).toBe(0);
  // The frames before it stay; those behind are made once more.
  const again = await video.run({ first: 9, again: true });
  expect([...again.keys()]).toEqual([9, 10, 11]);
  for (const frame of again.keys()) {
    expect(ofObject(again, frame)?.mask?.rle).toEqual(ofObject(whole, frame)?.mask?.rle);
    const { looked, ...others } = recallOf(again, frame);
    const { looked: before, ...asBefore } = recallOf(whole, frame);
    expect(others).toEqual(asBefore);
    // Pointers of masks stand in for those that were lost: of frames 4, 5 and 8.
    expect(looked).toBe(before - 3);
  }
  expect(await made()).toBeGreaterThan(0);
});

/** What `POST /v1/track` tells of frames, in their order. */
async function trackedBy(request: TrackVideoRequest): Promise<Map<number, FrameMasks>> {
  const answer = await fetch(`${tiers.gateway.url}/v1/track`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: toJsonString(TrackVideoRequestSchema, request),
  });
  const lines = (await answer.text()).trim().split("\n");
  const events = lines.map((line) => fromJsonString(TrackEventSchema, line).event);
  const frames = events.flatMap((event) => (event.case === "frame" ? [event.value] : []));
  return new Map(frames.map((one) => [one.frame, one] as const).sort(([a], [b]) => a - b));
}

it.each(Object.values(trackers))("%s: Y1 a video in portions has the masks of one run", async (model) => {
  const prompts = [
    { frame: shownOn, object: 1, prompt: drawn(first, shownOn) },
    { frame: 5, object: 2, prompt: clickOn(second, 5) },
  ].map((one) => create(TrackPromptSchema, one));
  const { models } = fromJsonString(
    ListModelsResponseSchema,
    await (await fetch(`${tiers.gateway.url}/v1/models`)).text(),
    { ignoreUnknownFields: true },
  );
  const reach = reachOf(models, model);
  expect(reach).toBe(15);
  const wanted = { first: 0, last: count - 1 };
  const found = async (portions: readonly Portion[]) => {
    const masks = new Map<number, FrameMasks>();
    for (const some of portions) {
      const known = handedOn(masks, some, reach);
      const request = create(TrackVideoRequestSchema, { imageIds, model, prompts, ...some, known });
      for (const [frame, found] of await trackedBy(request)) {
        if (frame >= some.first && frame <= some.last) masks.set(frame, found);
      }
    }
    return [...masks].sort(([a], [b]) => a - b).map(([, { objects }]) => objects);
  };
  const whole = await found([wanted]);
  expect(whole).toHaveLength(count);
  expect(whole[7]?.[0]?.state).toBe(TrackState.ABSENT);
  const portions = portionsOf(prompts, wanted, 2);
  expect(portions.length).toBeGreaterThan(4);
  expect(await found(portions)).toEqual(whole);
});

it("X16: CVAT, which sends frame by frame, is given the masks of one run, also behind an absence", async () => {
  interface Tracked {
    shapes: number[][];
    states: { recent: [frame: number, imageId: string, counts?: string][]; [more: string]: unknown }[];
  }
  // As CVAT's own state of an object that was drawn: this model makes nothing of boxes.
  const { mask } = drawn(first, shownOn);
  const { counts: shown } = mask.source.value;
  const { x, y } = first.at(shownOn);
  let tracked: Tracked = {
    shapes: [[x, y, x + size, y + size]],
    states: [
      { maskwire: 2, size: [side, side], shown: [imageIds[shownOn] ?? "", `rle:${shown}`], frame: 0, recent: [] },
    ],
  };
  const masks: (string | undefined)[] = [shown];
  for (let frame = shownOn + 1; frame < count; frame++) {
    const image = (await pictureOf(frame)).toString("base64");
    const answer = await fetch(`${tiers.gateway.url}/adapters/cvat/api/function_invocations`, {
      method: "POST",
      headers: { "content-type": "application/json", "x-nuclio-function-name": "maskwire-tracker" },
      body: JSON.stringify({ image, ...tracked }),
    });
    tracked = (await answer.json()) as Tracked;
    const [, , counts] = tracked.states[0]?.recent.at(-1) ?? [];
    masks.push(counts?.slice("rle:".length));
  }
  const prompts = [{ frame: shownOn, object: 1, prompt: { mask } }];
  const request = create(TrackVideoRequestSchema, { imageIds, model: trackers.cells, prompts, first: shownOn });
  const whole = await trackedBy(request);
  expect(masks.map((one) => one === undefined)).toEqual(masks.map((_, at) => !first.isThere(shownOn + at)));
  expect([...whole.values()].map(({ objects }) => objects[0]?.mask?.rle?.counts)).toEqual(masks);
});

it("is asked over HTTP as any model, and says how far it looks back", async () => {
  const answer = await fetch(`${tiers.gateway.url}/v1/track`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      imageIds: imageIds.slice(0, 6),
      model: trackers.cells,
      prompts: [{ frame: 5, object: 1, prompt: clickOn(first, 5) }],
    }),
  });
  const lines = (await answer.text()).trim().split("\n");
  const events = lines.map(
    (line) => JSON.parse(line) as { frame?: { frame?: number; objects: { agreement: number }[] } },
  );
  const followed = events.flatMap(({ frame }) => (frame && frame.frame !== 5 ? [frame] : []));
  expect(followed.map(({ frame = 0 }) => frame)).toEqual([4, 3, 2, 1, 0]);
  expect(followed.map(({ objects }) => readRecall(objects[0]!.agreement).pointers)).toEqual([1, 2, 3, 4, 5]);
  const { models } = (await (await fetch(`${tiers.gateway.url}/v1/models`)).json()) as {
    models: { id: string; capabilities: object }[];
  };
  expect(models[0]).toMatchObject({ id: trackers.cells, capabilities: { memory: { shownFrames: 6, madeFrames: 15 } } });
});
