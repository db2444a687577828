import { Readable } from "node:stream";
import { afterEach, describe, expect, it } from "vitest";
import type { EncodeRequest } from "../../proto/index.js";
import { Code, overloaded, ServiceError } from "../../services/runtime/errors.js";
import { CountedEvents } from "../testing/counted-events.js";
import { startServices } from "../testing/fake-services.js";
import { until } from "../testing/scripted-health.js";
import { type EncodeProgress, Encoders } from "./encoders.js";
import type { PeerEvents } from "./peer-metrics.js";
import { defaultLimits } from "./peer-set.js";
import { rendezvousOrder } from "./rendezvous.js";

const call = { signal: new AbortController().signal };
const nobody = () => {};
const anyPicture = { imageId: "", model: "" };
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
    const onProgress = (progress: EncodeProgress) => void heard.push(progress);
    const ready = await encoders.encodeUpload(
      { bytes, header: { ...anyPicture, model: "m" } },
      { ...call, onProgress },
    );
    expect(ready.model).toBe("m");
    expect(heard.map((progress) => progress.case)).toEqual(["encoding"]);
    expect(sizes.reduce((a, b) => a + b)).toBe(1_200_010);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(1024 * 1024);
    expect(bytes.destroyed).toBe(true);
  });

  it("O2: is refused before a byte of it is read while the door is closed", async () => {
    const check = () => {
      throw overloaded("Too busy.", 70);
    };
    encoders = new Encoders([], { overload: { check } });
    const bytes = Readable.from([new Uint8Array(10)]);
    await expect(encoders.encodeUpload({ bytes: bytes, header: anyPicture }, call)).rejects.toMatchObject({
      code: Code.RESOURCE_EXHAUSTED,
      retryAfterMs: 70,
    });
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
    await expect(encoders.encodeUpload({ bytes: bytes, header: anyPicture }, call)).rejects.toBe(broken);
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
    await expect(encoders.encodeUpload({ bytes: hanging, header: anyPicture }, call)).rejects.toMatchObject({
      retryAfterMs: 70,
    });
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
    await expect(encoders.encodeUpload({ bytes: hanging, header: anyPicture }, leaving)).rejects.toMatchObject({
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
    await expect(encoders.encodeUpload({ bytes: bytes, header: anyPicture }, call)).rejects.toMatchObject(expected);
    const none = new Encoders([], { limits: { ...defaultLimits, reachMs: 0 } });
    const unsent = Readable.from([]);
    await expect(none.encodeUpload({ bytes: unsent, header: anyPicture }, call)).rejects.toMatchObject(expected);
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
  const ready = await encoders.encodeStored({ imageId: "sha256:a", model: "" }, call);
  expect([...asked].sort()).toEqual(["one", "two"]);
  expect(ready.model).toBe(asked[1]);
});

describe("with the shared cache lost (R8)", () => {
  const elsewhere = () => new ServiceError({ code: Code.NOT_FOUND, message: "Not here.", reason: "CACHE_LOST" });
  const nowhere = () => new ServiceError({ code: Code.NOT_FOUND, message: "Not stored." });
  type Answer = "ready" | "elsewhere" | "nowhere";

  /** Two encoders; the one that the picture hashes to is `home`. Each notes that it was asked. */
  async function two(answers: Record<"home" | "other", Answer>) {
    const asked: string[] = [];
    const names = new Map<number, "home" | "other">();
    const nameOf = (index: number) => names.get(index) as "home" | "other";
    const answer = <T>(index: number, ready: T): T => {
      asked.push(nameOf(index));
      const what = answers[nameOf(index)];
      if (what === "ready") return ready;
      throw what === "elsewhere" ? elsewhere() : nowhere();
    };
    const start = (index: number) =>
      startServices({
        encoder: {
          async encode(_requests, send) {
            await send(answer(index, { event: { case: "ready" as const, value: { model: nameOf(index) } } }));
          },
          async fetchEmbedding(_request, send) {
            await send(answer(index, { chunk: new TextEncoder().encode(nameOf(index)) }));
          },
          lookupImage: async ({ imageId }) => {
            asked.push(nameOf(index));
            const what = answers[nameOf(index)];
            return what === "ready"
              ? { stored: true, image: { imageId, width: 4, height: 3 } }
              : { cacheLost: what === "elsewhere" };
          },
        },
      });
    const services = [await start(0), await start(1)];
    const addresses = services.map(({ address }) => address);
    const home = addresses.indexOf(rendezvousOrder(id, addresses)[0] as string);
    names.set(home, "home").set(1 - home, "other");
    let serving = () => 0;
    const watch: PeerEvents["watch"] = (count) => {
      serving = () => count().serving;
    };
    encoders = new Encoders(addresses, { events: Object.assign(new CountedEvents(), { watch }) });
    await until(() => serving() === 2);
    return {
      asked,
      async [Symbol.asyncDispose]() {
        for (const one of services) await one[Symbol.asyncDispose]();
      },
    };
  }

  const id = `sha256:${"c".repeat(64)}`;
  const encode = () => encoders.encodeStored({ imageId: id, model: "" }, call);
  const lookup = () => encoders.lookup({ imageId: id, model: "" }, call);
  const fetched = async () => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of encoders.fetchEmbedding({ imageId: id, model: "" }, call)) chunks.push(chunk);
    return Buffer.concat(chunks).toString();
  };

  it("the others are asked for a picture that its own encoder does not know", async () => {
    await using both = await two({ home: "elsewhere", other: "ready" });
    expect((await encode()).model).toBe("other");
    expect((await lookup()).stored).toBe(true);
    expect(await fetched()).toBe("other");
    expect(both.asked).toEqual(["home", "other", "home", "other", "home", "other"]);
  });

  it("it is missing when none of them knows it", async () => {
    await using both = await two({ home: "elsewhere", other: "elsewhere" });
    await expect(encode()).rejects.toMatchObject({ code: Code.NOT_FOUND });
    expect(await lookup()).toMatchObject({ stored: false, embedded: false });
    await expect(fetched()).rejects.toMatchObject({ code: Code.NOT_FOUND });
    expect(both.asked.length).toBe(6);
  });

  it("one answer is enough while the cache answers: every encoder sees the same", async () => {
    await using both = await two({ home: "nowhere", other: "ready" });
    await expect(encode()).rejects.toMatchObject({ code: Code.NOT_FOUND });
    expect((await lookup()).stored).toBe(false);
    expect(both.asked).toEqual(["home", "home"]);
  });

  it("an upload whose id is known goes to the picture's own encoder", async () => {
    await using both = await two({ home: "ready", other: "ready" });
    const bytes = Readable.from([Uint8Array.of(1)]);
    const ready = await encoders.encodeUpload({ bytes, header: { imageId: id, model: "" } }, call);
    expect(ready.model).toBe("home");
    expect(both.asked).toEqual(["home"]);
  });
});
