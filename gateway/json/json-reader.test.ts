import { afterEach, expect, it } from "vitest";
import { SegmentRequestSchema, TrackVideoRequestSchema } from "../../proto/index.js";
import { Code } from "../../services/runtime/errors.js";
import { JsonReader } from "./json-reader.js";

const who = { caller: "somebody" };
const imageId = `sha256:${"a".repeat(64)}`;
const readers: JsonReader[] = [];

afterEach(() => {
  for (const one of readers.splice(0)) one.close();
});

function open(limits: { bytes?: number; longestMs?: number } = {}) {
  const reader = new JsonReader({ bytes: 64 * 1024 * 1024, ...limits });
  readers.push(reader);
  const { signal } = new AbortController();
  const read = (json: unknown, as = who) =>
    reader.read(TrackVideoRequestSchema, bytes(json), "body", { who: as, signal });
  return { reader, read, signal };
}

const bytes = (json: unknown) => new TextEncoder().encode(JSON.stringify(json));
/** A body that takes a while, of so many frames. */
const video = (frames: number, more: object = {}) => ({ imageIds: Array(frames).fill(imageId), ...more });

it.each([10, 2000])("H27: reads the same message of %i frames, whoever reads it", async (frames) => {
  const { read } = open();
  const message = await read(
    video(frames, { first: 0, prompts: [{ frame: 1, object: 2, prompt: { points: [{ x: 1.5 }] } }] }),
  );
  expect(message.imageIds).toHaveLength(frames);
  // What is left out is not 0 (C11), and what is 0 not left out.
  expect(message).toMatchObject({ first: 0, prompts: [{ object: 2, prompt: { points: [{ x: 1.5 }] } }] });
  expect(message.last).toBeUndefined();
  expect(message.prompts[0]?.prompt?.points[0]?.y).toBeUndefined();
});

it("H27: says of a large body what a small one's sender is told", async () => {
  const { read, reader, signal } = open();
  await expect(read(video(2000, { nonsense: 1 }))).rejects.toThrow(
    /^The body is not a TrackVideoRequest in protobuf JSON: .*nonsense/,
  );
  const text = new Uint8Array(100_000).fill(0xff);
  await expect(reader.read(SegmentRequestSchema, text, "body", { who, signal })).rejects.toThrow(
    /no JSON, or no UTF-8\.$/,
  );
});

it("H27: leaves the event loop to others while a large one is read", async () => {
  const { read } = open();
  let isRead = false;
  let turns = 0;
  const reading = read(video(20_000)).then(() => {
    isRead = true;
  });
  while (!isRead) {
    await new Promise((resolve) => setImmediate(resolve));
    turns++;
  }
  await reading;
  expect(turns).toBeGreaterThan(10);
});

it("H27: has callers take turns, and forgets who has left", async () => {
  const { read, reader } = open();
  const order: string[] = [];
  const tell = (name: string) => () => void order.push(name);
  const leaving = new AbortController();
  const greedy = ["first", "second", "third"].map((name) => read(video(5000)).then(tell(name)));
  const left = reader.read(TrackVideoRequestSchema, bytes(video(5000)), "body", { who, signal: leaving.signal });
  leaving.abort(new Error("gone"));
  await expect(left).rejects.toThrow("gone");
  await Promise.all([...greedy, read(video(5000), { caller: "another" }).then(tell("another"))]);
  expect(order).toEqual(["first", "second", "another", "third"]);
});

it("H27: ends what takes longer than it may, and reads on with another thread", async () => {
  const { read } = open({ longestMs: 1 });
  // Its thread alone takes longer to start.
  for (const frames of [2000, 3000]) {
    const refusal = await read(video(frames)).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: Code.RESOURCE_EXHAUSTED, retryAfterMs: undefined });
    expect(String(refusal)).toMatch(/more time to read than there is/);
  }
});

it("H27: ends what its sender has left, and reads on with another thread", async () => {
  const { read, reader } = open();
  const leaving = new AbortController();
  const { signal } = leaving;
  const left = reader.read(TrackVideoRequestSchema, bytes(video(20_000)), "body", { who, signal });
  const next = read(video(2000));
  // It has its turn by then.
  await new Promise((resolve) => setImmediate(resolve));
  leaving.abort(new Error("gone"));
  await expect(left).rejects.toThrow("gone");
  expect((await next).imageIds).toHaveLength(2000);
});

it("H27: says of what is under way, of what waits and of what comes later that the gateway is stopping", async () => {
  const { read, reader } = open();
  const all = [read(video(5000)), read(video(5000))];
  await new Promise((resolve) => setImmediate(resolve));
  reader.close();
  for (const one of [...all, read(video(5000))]) {
    await expect(one).rejects.toMatchObject({ code: Code.UNAVAILABLE });
  }
});

it("H27: refuses what could take more memory than there is before any of it is read, and reads on with the same thread", async () => {
  const { read, reader, signal } = open({ bytes: 32 * 1024 * 1024 });
  // A million objects in three megabytes: no list of the contract's holds as many, and JSON.parse would make them all.
  const text = `{"imageIds":[${"{},".repeat(1_000_000)}{}]}`;
  const most = reader.read(TrackVideoRequestSchema, new TextEncoder().encode(text), "body", { who, signal });
  await expect(most).rejects.toMatchObject({
    code: Code.RESOURCE_EXHAUSTED,
    retryAfterMs: undefined,
    message: "The body takes more memory to read than there is; send it in parts.",
  });
  expect((await read(video(2000))).imageIds).toHaveLength(2000);
});
