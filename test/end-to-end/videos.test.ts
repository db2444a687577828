import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import {
  type Rle,
  TrackCommandSchema,
  type TrackedMask,
  TrackService,
  TrackState,
  type TrackUpdate,
} from "../../proto/index.js";
import type { Maskwire } from "../../services/maskwire/maskwire.js";
import { RpcClient } from "../../services/runtime/grpc/client.js";
import { imageIdOf } from "../../services/runtime/image-id.js";
import { openVideo } from "../../web-client/sdk/video/index.js";
import { healthOf, reflect } from "../support/grpc-tools.js";
import { clickOn, jpegScene } from "../support/pictures.js";
import { SocketClient } from "../support/socket-client.js";
import { startMaskwire } from "../support/start-maskwire.js";
import { tinyModelEnv } from "../support/tiny-model.js";

type Command = NonNullable<MessageInitShape<typeof TrackCommandSchema>["command"]>;

const count = 6;
const click = { points: [clickOn("disc", 320, 240)] };
let maskwire: Maskwire;
let rpc: RpcClient;
let imageIds: string[];
beforeAll(async () => {
  maskwire = await startMaskwire({ ...tinyModelEnv(), MASKWIRE_GRPC_REFLECTION: "on" });
  rpc = new RpcClient(new URL(maskwire.url).host);
  const pictures = await Promise.all(Array.from({ length: count }, (_, frame) => jpegScene(320, 240, frame)));
  imageIds = pictures.map((bytes) => imageIdOf(bytes));
  for (const body of pictures) {
    const answer = await fetch(`${maskwire.url}/v1/images`, {
      method: "POST",
      body,
      headers: { "content-type": "image/jpeg" },
    });
    expect(answer.status).toBe(200);
    await answer.text();
  }
});
afterAll(async () => {
  rpc.close();
  await maskwire.stop();
});

/** What a video is asked by one way in, and says. */
interface Asked extends AsyncDisposable {
  say(command: Command): Promise<number>;
  next(): Promise<TrackUpdate>;
}

async function overGrpc(): Promise<Asked> {
  const call = rpc.duplex(TrackService.method.track, {});
  const updates = call.responses[Symbol.asyncIterator]();
  let sequence = 0;
  return {
    say: async (command) => {
      await call.send({ sequence: ++sequence, command });
      return sequence;
    },
    next: async () => (await updates.next()).value as TrackUpdate,
    [Symbol.asyncDispose]: async () => call.cancel(),
  };
}

async function overWebSocket(): Promise<Asked> {
  const socket = await SocketClient.join(maskwire.url, { form: "text" });
  let sequence = 0;
  return {
    say: async (command) => {
      socket.send({ case: "track", value: create(TrackCommandSchema, { sequence: ++sequence, command }) });
      return sequence;
    },
    next: () => socket.next("track"),
    [Symbol.asyncDispose]: async () => {
      socket.close();
      await socket.closed;
    },
  };
}

/** The frames of a run, by their numbers, and how it ended. */
async function run(video: Asked, value: Extract<Command, { case: "run" }>["value"] = {}) {
  const own = await video.say({ case: "run", value });
  const frames = new Map<number, TrackedMask[]>();
  for (;;) {
    const { sequence, update } = await video.next();
    expect(sequence).toBe(own);
    if (update.case !== "frame") return { frames, end: update };
    frames.set(update.value.frame, update.value.objects);
  }
}

async function prompted(video: Asked, frame: number, prompt: object = click) {
  await video.say({ case: "prompt", value: { prompt: { frame, object: 1, prompt } } });
  const { update } = await video.next();
  if (update.case !== "prompted") throw new Error(`expected a mask, got ${JSON.stringify(update.value)}`);
  return update.value;
}

const rlesOf = (frames: ReadonlyMap<number, TrackedMask[]>) =>
  [...frames].map(([frame, objects]) => [frame, objects.map(({ mask }) => mask?.rle?.counts)] as const);

describe.each([
  ["gRPC", overGrpc],
  ["a WebSocket", overWebSocket],
] as const)("Y4 Y5 Y6: a video over %s", (_way, open) => {
  it("is opened, prompted, run, corrected and run again where the correction reaches", async () => {
    await using video = await open();
    await video.say({ case: "open", value: { imageIds, frameRate: 25 } });
    expect((await video.next()).update).toMatchObject({ case: "opened", value: { frames: count, more: false } });
    const first = await prompted(video, 0);
    expect(first.frame?.objects).toMatchObject([{ object: 1, state: TrackState.CORRECTED }]);
    const { frames, end } = await run(video);
    expect([...frames.keys()]).toEqual([1, 2, 3, 4, 5]);
    expect(end).toMatchObject({ case: "done", value: { frames: 5, cancelled: false } });
    const correction = await prompted(video, 4, { points: [clickOn("plate", 320, 240)] });
    expect(correction.outdated).toMatchObject([
      { object: 1, first: 1, last: 3 },
      { object: 1, first: 5, last: 5 },
    ]);
    const again = await run(video);
    expect([...again.frames.keys()]).toEqual([1, 2, 5, 3]);
    // Behind the correction it is what was shown there.
    expect(again.frames.get(5)).not.toEqual(frames.get(5));
    expect((await run(video)).end).toMatchObject({ value: { frames: 0 } });
  });
});

it("Y10: goes on at another stream with what its client knows, with the same masks, bit for bit", async () => {
  await using video = await overGrpc();
  await video.say({ case: "open", value: { imageIds } });
  await video.next();
  const shown = (await prompted(video, 1)).frame?.objects[0]?.mask?.rle as Rle;
  const whole = await run(video);
  await using other = await overWebSocket();
  await other.say({ case: "open", value: { imageIds } });
  await other.next();
  await prompted(other, 1, { mask: { source: { case: "rle", value: shown } } });
  const known = [2, 3].map((frame) => {
    const masks = whole.frames
      .get(frame)
      ?.flatMap(({ object, mask }) => (mask?.rle ? [{ object, rle: mask.rle }] : []));
    return { frame, masks: masks ?? [] };
  });
  await other.say({ case: "known", value: { frames: known } });
  expect((await other.next()).update).toMatchObject({ value: { known: 2 } });
  const rest = await run(other);
  expect(rlesOf(rest.frames)).toEqual(rlesOf(whole.frames).filter(([frame]) => ![2, 3].includes(frame)));
});

it("Y1: a video at once over HTTP has the masks that it has step by step", async () => {
  await using video = await overGrpc();
  await video.say({ case: "open", value: { imageIds } });
  await video.next();
  await prompted(video, 0);
  const { frames } = await run(video);
  const body = JSON.stringify({ imageIds, prompts: [{ frame: 0, object: 1, prompt: click }] });
  const answer = await fetch(`${maskwire.url}/v1/track`, {
    method: "POST",
    body,
    headers: { "content-type": "application/json" },
  });
  const lines = (await answer.text())
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  const made = lines
    .slice(1, -1)
    .map(({ frame }) => [
      frame.frame,
      frame.objects.map((one: { mask?: { rle: { counts: string } } }) => one.mask?.rle.counts),
    ]);
  expect(made).toEqual(rlesOf(frames));
  expect(lines.at(-1)).toMatchObject({ done: { frames: count, width: 320, height: 240 } });
});

it("Y9: a frame that was deleted stops the run with its number, and the run goes on once it is back", async () => {
  await using video = await overGrpc();
  await video.say({ case: "open", value: { imageIds } });
  await video.next();
  await prompted(video, 0);
  const gone = await fetch(`${maskwire.url}/v1/images/${imageIds[3]}`, { method: "DELETE" });
  expect(gone.status).toBe(204);
  const { end, frames } = await run(video);
  expect(end).toMatchObject({ case: "stopped", value: { frame: 3, frames: 2 } });
  expect([...frames.keys()]).toEqual([1, 2]);
  const back = await fetch(`${maskwire.url}/v1/images`, {
    method: "POST",
    body: await jpegScene(320, 240, 3),
    headers: { "content-type": "image/jpeg" },
  });
  await back.text();
  expect([...(await run(video)).frames.keys()]).toEqual([3, 4, 5]);
});

it("is opened by the package for programs, which sends its frames, prompts and runs it, and lives through a lost connection", async () => {
  const sockets: WebSocket[] = [];
  class Watched extends WebSocket {
    constructor(...given: ConstructorParameters<typeof WebSocket>) {
      super(...given);
      sockets.push(this);
    }
  }
  const files = await Promise.all(Array.from({ length: count }, (_, frame) => jpegScene(320, 240, 100 + frame)));
  const video = await openVideo(files, { gateway: maskwire.url, WebSocket: Watched as never });
  const { objects } = await video.show({ frame: 0, object: 1, ...click });
  expect(objects).toMatchObject([{ object: 1, state: TrackState.CORRECTED }]);
  const frames: number[] = [];
  for await (const { frame } of video.run()) {
    frames.push(frame);
    if (frame === 2) sockets[0]?.terminate();
  }
  expect(frames).toEqual([1, 2, 3, 4, 5]);
  expect(sockets).toHaveLength(2);
  expect(video.imageIds).toEqual(files.map((file) => imageIdOf(file)));
  const { outdated } = await video.show({ frame: 3, object: 1, points: [{ ...clickOn("plate", 320, 240) }] });
  expect(outdated).toMatchObject([
    { first: 1, last: 2 },
    { first: 4, last: 5 },
  ]);
  for await (const _ of video.run()) break;
  video.close();
  await expect(video.show({ frame: 0, object: 1, ...click })).rejects.toThrow("closed");
});

it("describes its service, and says how it is", async () => {
  const { services } = await reflect(maskwire.url, []);
  expect(services).toContain(TrackService.typeName);
  expect(await healthOf(maskwire.url, TrackService.typeName)).toBe("SERVING");
});
