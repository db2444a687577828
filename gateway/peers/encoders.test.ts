import { Readable } from "node:stream";
import { afterEach, describe, expect, it } from "vitest";
import type { EncodeRequest } from "../../proto/index.js";
import { Code, overloaded, ServiceError } from "../../services/runtime/errors.js";
import { startServices } from "../testing/fake-services.js";
import { type EncodeProgress, Encoders } from "./encoders.js";
import { defaultLimits } from "./peer-set.js";

const { signal: never } = new AbortController();
const nobody = () => {};
let encoders: Encoders;
afterEach(() => encoders.close());

async function drain(requests: AsyncIterable<EncodeRequest>): Promise<Uint8Array[]> {
  const chunks: Uint8Array[] = [];
  for await (const { part } of requests) if (part.case === "chunk") chunks.push(part.value);
  return chunks;
}

describe("an upload", () => {
  it("goes out in chunks of the contract's size while it arrives, and is destroyed at the end", async () => {
    let sizes: number[] = [];
    await using services = await startServices({
      encoder: {
        async encode(requests, send) {
          sizes = (await drain(requests)).map(({ byteLength }) => byteLength);
          await send({ event: { case: "encoding", value: {} } });
          await send({ event: { case: "ready", value: { model: "m" } } });
        },
      },
    });
    encoders = new Encoders([services.address]);
    const bytes = Readable.from([new Uint8Array(10), new Uint8Array(1_200_000)]);
    const heard: EncodeProgress[] = [];
    const ready = await encoders.encodeUpload(bytes, "m", (progress) => heard.push(progress), never);
    expect(ready.model).toBe("m");
    expect(heard.map((progress) => progress.case)).toEqual(["encoding"]);
    expect(sizes.reduce((a, b) => a + b)).toBe(1_200_010);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(1024 * 1024);
    expect(bytes.destroyed).toBe(true);
  });

  it("ends with the upload's own error when that breaks, and cancels the encode", async () => {
    let ended = nobody;
    const cancelled = new Promise<void>((resolve) => {
      ended = resolve;
    });
    let begin = nobody;
    const began = new Promise<void>((resolve) => {
      begin = resolve;
    });
    await using services = await startServices({
      encoder: {
        async encode(requests, _send, { signal }) {
          signal.addEventListener("abort", () => ended());
          begin();
          await drain(requests);
        },
      },
    });
    encoders = new Encoders([services.address]);
    const broken = new Error("the browser is gone");
    const bytes = Readable.from(
      (async function* () {
        yield new Uint8Array(10);
        await began;
        throw broken;
      })(),
    );
    await expect(encoders.encodeUpload(bytes, "", nobody, never)).rejects.toBe(broken);
    await cancelled;
  });

  it("ends with the encoder's early answer although the upload hangs", async () => {
    await using services = await startServices({
      encoder: {
        encode: async () => {
          throw overloaded("Too many.", 70);
        },
      },
    });
    encoders = new Encoders([services.address]);
    const hanging = new Readable({ read() {} });
    hanging.push(new Uint8Array(10));
    await expect(encoders.encodeUpload(hanging, "", nobody, never)).rejects.toMatchObject({ retryAfterMs: 70 });
    expect(hanging.destroyed).toBe(true);
  });

  it("ends when its sender leaves", async () => {
    const leaving = new AbortController();
    await using services = await startServices({
      encoder: {
        async encode(requests) {
          for await (const _ of requests) leaving.abort();
        },
      },
    });
    encoders = new Encoders([services.address]);
    const hanging = new Readable({ read() {} });
    await expect(encoders.encodeUpload(hanging, "", nobody, leaving.signal)).rejects.toMatchObject({
      code: Code.CANCELLED,
    });
    expect(hanging.destroyed).toBe(true);
  });

  it("is UNAVAILABLE with a hint when its encoder ends without an answer, or there is none", async () => {
    await using services = await startServices({
      encoder: { encode: async (requests) => void (await drain(requests)) },
    });
    encoders = new Encoders([services.address]);
    const expected = { code: Code.UNAVAILABLE, retryAfterMs: expect.any(Number) };
    const bytes = Readable.from([new Uint8Array(10)]);
    await expect(encoders.encodeUpload(bytes, "", nobody, never)).rejects.toMatchObject(expected);
    const none = new Encoders([], { limits: { ...defaultLimits, reachMs: 0 } });
    const unsent = Readable.from([]);
    await expect(none.encodeUpload(unsent, "", nobody, never)).rejects.toMatchObject(expected);
    expect(unsent.destroyed).toBe(true);
    none.close();
  });
});

it("R1 has a stored picture encoded by another encoder when the first is lost", async () => {
  const asked: string[] = [];
  const encoder = (name: string) => ({
    async encode(_requests: unknown, send: (event: object) => Promise<void>) {
      asked.push(name);
      if (asked.length === 1) throw new ServiceError({ code: Code.UNAVAILABLE, message: "Stopping.", retryAfterMs: 5 });
      await send({ event: { case: "ready", value: { model: name } } });
    },
  });
  await using one = await startServices({ encoder: encoder("one") });
  await using two = await startServices({ encoder: encoder("two") });
  encoders = new Encoders([one.address, two.address]);
  const ready = await encoders.encodeStored({ imageId: "sha256:a", model: "" }, nobody, never);
  expect([...asked].sort()).toEqual(["one", "two"]);
  expect(ready.model).toBe(asked[1]);
});
