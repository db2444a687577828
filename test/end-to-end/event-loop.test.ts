import { openSync, readSync } from "node:fs";
import { Readable } from "node:stream";
import { setImmediate } from "node:timers/promises";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { expect, it } from "vitest";
import { Manifest, type ModelSpec } from "../../services/inference/models/manifest.js";
import { resolveModelFile } from "../../services/inference/models/model-file.js";
import { imageTensor } from "../../services/inference/models/model-tensors.js";
import { imageIdOf } from "../../services/runtime/image-id.js";
import { upload } from "../support/http-calls.js";
import { clickOn, drawScene, fromRaw, jpegScene } from "../support/pictures.js";
import { SocketClient } from "../support/socket-client.js";
import { startMaskwire } from "../support/start-maskwire.js";

/** Processor time that the main thread has had, in milliseconds; elapsed time where the system does not tell. */
function openThreadClock(): () => number {
  try {
    const file = openSync(`/proc/self/task/${process.pid}/schedstat`, "r");
    const text = Buffer.alloc(64);
    return () => Number(text.toString("latin1", 0, readSync(file, text, 0, text.length, 0)).split(" ")[0]) / 1e6;
  } catch {
    return () => performance.now();
  }
}

const threadMs = openThreadClock();

interface Delays {
  /** The 99th percentile, in milliseconds. */
  p99: number;
  longest: number;
}

/**
 * The event loop's delay while `work` runs, as the loop's own work makes it: what the thread does between two ticks of a
 * millisecond. The time that it waits for a core, which other programs have, is not its own.
 */
async function delaysOf(work: () => Promise<void>): Promise<Delays> {
  const delays: number[] = [];
  let before = threadMs();
  const timer = setInterval(() => {
    const now = threadMs();
    delays.push(now - before);
    before = now;
  }, 1);
  await work();
  clearInterval(timer);
  delays.sort((a, b) => a - b);
  return { p99: delays[Math.ceil(0.99 * delays.length) - 1] ?? Number.NaN, longest: delays.at(-1) ?? Number.NaN };
}

const limitMs = 10;
const encodes = 2;
const sessions = 3;
/** Other programs on the machine can still only add to it, by what they do to caches: the calmest of a few rounds counts. */
const rounds = 3;

/** The sender and collections of garbage are in the longest too; steps over the whole file, one after the other, took 250 ms. */
const isCalm = ({ p99, longest }: Delays) => p99 <= limitMs && longest <= 10 * limitMs;

const maxImageBytes = 64 * 1024 * 1024;

/** Not compressed, so that it is about as large as an upload may be. */
function largestTiff(seed: number): Promise<Buffer> {
  const [width, height] = [4720, 4736];
  const pixels = Buffer.alloc(3 * width * height, Buffer.from(drawScene(width, 8, seed).pixels));
  return fromRaw({ width, height, pixels }).tiff({ compression: "none" }).toBuffer();
}

/** As a connection takes them: the sender is in this thread, too. */
function* pieces(file: Buffer): Generator<Uint8Array> {
  for (let at = 0; at < file.byteLength; at += 65_536) yield file.subarray(at, at + 65_536);
}

it("no model runs on the main thread: the event loop's own delay stays under 10 ms (p99) under load", async () => {
  // One thread a model: fewer of ours that want a core.
  await using maskwire = await startMaskwire({
    MASKWIRE_ENCODER_THREADS: "1",
    MASKWIRE_DECODER_WORKERS: "1",
    MASKWIRE_DECODER_THREADS: "1",
  });
  const { url } = maskwire;
  const first = await jpegScene(640, 480, 700);
  await upload(url, first);
  const clients = await Promise.all(Array.from({ length: sessions }, () => SocketClient.join(url)));
  for (const client of clients) await client.openReady(imageIdOf(first));
  const measured: number[] = [];
  for (let round = 0; round < rounds && Math.min(...measured) > limitMs; round++) {
    const seeds = Array.from({ length: encodes }, (_, i) => 710 + 10 * round + i);
    const pictures = await Promise.all(seeds.map((seed) => jpegScene(640, 480, seed)));
    let [encoding, clicks] = [true, 0];
    const { p99 } = await delaysOf(async () => {
      const clicking = clients.map(async (client) => {
        for (let sequence = 1; encoding; sequence++, clicks++) {
          client.segment({ sequence, prompt: { points: [clickOn("disc")] } });
          await client.next("segment");
        }
      });
      for (const picture of pictures) await upload(url, picture);
      encoding = false;
      await Promise.all(clicking);
    });
    measured.push(p99);
    process.stdout.write(`event loop delay p99: ${p99.toFixed(2)} ms over ${encodes} encodes and ${clicks} clicks\n`);
    expect(clicks).toBeGreaterThan(sessions);
  }
  for (const client of clients) await client[Symbol.asyncDispose]();
  expect(Math.min(...measured)).toBeLessThanOrEqual(limitMs);
});

it("the largest upload is hashed, joined, handed on and stored in small steps: no part of it holds the event loop up", async () => {
  await using maskwire = await startMaskwire({ MASKWIRE_ENCODER_THREADS: "1", MASKWIRE_DECODER_WORKERS: "1" });
  const measured: Delays[] = [];
  for (let round = 0; round < rounds && !measured.some(isCalm); round++) {
    const file = await largestTiff(round);
    expect(file.byteLength).toBeGreaterThan(0.99 * maxImageBytes);
    expect(file.byteLength).toBeLessThanOrEqual(maxImageBytes);
    const delays = await delaysOf(async () => {
      const body = Readable.toWeb(Readable.from(pieces(file)));
      const reply = await fetch(`${maskwire.url}/v1/images`, { method: "POST", body, duplex: "half" });
      expect(await reply.json()).toMatchObject({ cached: false });
    });
    measured.push(delays);
    const [p99, longest] = [delays.p99.toFixed(2), delays.longest.toFixed(2)];
    process.stdout.write(`event loop delay over an upload of 64 MiB: p99 ${p99} ms, longest ${longest} ms\n`);
  }
  expect(measured.some(isCalm)).toBe(true);
});

it("control: the meter notices a model that runs on the main thread", async () => {
  const manifest = Manifest.read();
  const model = manifest.models[0] as ModelSpec;
  const session = await InferenceSession.create(resolveModelFile(model.decoder, manifest), { logSeverityLevel: 3 });
  const { dims } = imageTensor(model);
  const zeros = (...shape: number[]) =>
    new Tensor("float32", new Float32Array(shape.reduce((a, b) => a * b, 1)), shape);
  const inputs = {
    image_embeddings: zeros(...dims),
    point_coords: zeros(1, 2, 2),
    point_labels: zeros(1, 2),
    mask_input: zeros(1, 1, 256, 256),
    has_mask_input: zeros(1),
    orig_im_size: new Tensor("float32", Float32Array.of(1, 1), [2]),
  };
  const { p99 } = await delaysOf(async () => {
    for (let run = 0; run < 20; run++) {
      await session.run(inputs, ["low_res_masks"]);
      await setImmediate();
    }
  });
  process.stdout.write(`control: event loop delay p99 ${p99.toFixed(2)} ms\n`);
  await session.release();
  expect(p99).toBeGreaterThan(2 * limitMs);
});
