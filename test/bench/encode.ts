import { Manifest } from "../../services/inference/models/manifest.js";
import { verifyModelFile } from "../../services/inference/models/model-file.js";
import { upload } from "../support/http-calls.js";
import { MaskwireProcess } from "../support/maskwire-process.js";
import { jpegScene } from "../support/pictures.js";
import { SocketClient } from "../support/socket-client.js";
import { testSettings } from "../support/start-maskwire.js";
import { BareRunner } from "./bare-runner.js";
import { measureEngine } from "./encoder-engine.js";
import { atMost, type Outcome, round, type Suite } from "./report.js";
import { median, p50p95 } from "./statistics.js";

const [width, height] = [1500, 1000];
const pictures = 12;
const together = 8;
const cacheHits = 30;

/** Milliseconds of one upload: the whole of it, and what the service says of its parts. */
interface Encoded {
  total: number;
  preprocess: number;
  model: number;
  store: number;
  rest: number;
}

export const suite: Suite = {
  title: `the encoder's graph by itself for pictures of three shapes, each after a run of the stock one in another process, with the same options; ${pictures} pictures encoded one by one, interleaved with the bare graph in a worker, then ${together} at once`,
  async run(say) {
    const engine = await measureEngine(say);
    const scenes = await Promise.all(
      Array.from({ length: pictures + together + 1 }, (_, seed) => jpegScene(width, height, seed)),
    );
    const maskwire = await MaskwireProcess.start({ MASKWIRE_LOG_LEVEL: "error" });
    const bare = await bareEncoder();
    try {
      const first = await upload(maskwire.url, scenes[0] as Buffer);
      await bare.run();
      const encoded: Encoded[] = [];
      const bareMs: number[] = [];
      for (const scene of scenes.slice(1, pictures + 1)) {
        encoded.push(await encode(maskwire.url, scene));
        bareMs.push(await bare.run());
        say(`${encoded.length} of ${pictures}: ${Math.round(encoded.at(-1)?.total ?? 0)} ms`);
      }
      const startedAt = performance.now();
      await Promise.all(scenes.slice(pictures + 1).map((scene) => upload(maskwire.url, scene)));
      const perMinute = (60_000 * together) / (performance.now() - startedAt);
      const hits = await timeHits(maskwire.url, scenes[0] as Buffer, first.image?.imageId ?? "");
      const service = report(encoded, bareMs, perMinute, hits);
      return { bars: [...engine.bars, ...service.bars], detail: { ...engine.detail, ...service.detail } };
    } finally {
      await bare[Symbol.asyncDispose]();
      await maskwire[Symbol.asyncDispose]();
    }
  },
};

async function bareEncoder(): Promise<BareRunner> {
  const manifest = Manifest.read();
  const { encoder, preprocess } = manifest.get(manifest.defaultId);
  const { size } = preprocess;
  return BareRunner.start({
    path: await verifyModelFile(encoder, manifest),
    threads: testSettings().encoder.threads,
    outputs: encoder.outputs.map(({ name }) => name),
    feeds: {
      [encoder.input]: {
        data: Float32Array.from({ length: 3 * size * size }, (_, i) => Math.sin(i / 97)),
        dims: [1, 3, size, size],
      },
    },
  });
}

async function encode(url: string, bytes: Buffer): Promise<Encoded> {
  const startedAt = performance.now();
  const { cached, timings } = await upload(url, bytes);
  const total = performance.now() - startedAt;
  if (cached || !timings) throw new Error("a new picture came from the cache");
  const { preprocessMs: preprocess, encodeMs: model, storeMs: store } = timings;
  return { total, preprocess, model, store, rest: total - preprocess - model - store };
}

/** A picture that is known already: uploaded again, asked for by its id, opened on a WebSocket. Milliseconds. */
async function timeHits(url: string, bytes: Buffer, imageId: string) {
  const hits: Record<"upload" | "lookup" | "open", number[]> = { upload: [], lookup: [], open: [] };
  for (let i = 0; i < cacheHits; i++) {
    const socket = await SocketClient.join(url);
    const openedAt = performance.now();
    await socket.openReady(imageId);
    const uploadedAt = performance.now();
    await upload(url, bytes);
    const lookedUpAt = performance.now();
    await (await fetch(`${url}/v1/images/${imageId}`)).arrayBuffer();
    hits.open.push(uploadedAt - openedAt);
    hits.upload.push(lookedUpAt - uploadedAt);
    hits.lookup.push(performance.now() - lookedUpAt);
    await socket[Symbol.asyncDispose]();
  }
  return hits;
}

function report(
  encoded: Encoded[],
  bareMs: number[],
  perMinute: number,
  hits: Awaited<ReturnType<typeof timeHits>>,
): Outcome {
  const column = (name: keyof Encoded) => encoded.map((one) => one[name]);
  const parts = Object.keys(encoded[0] ?? {}) as (keyof Encoded)[];
  return {
    bars: [
      atMost(
        "model's run in the service to the bare one, p50",
        median(column("model")) / median(bareMs),
        1.15,
        "times",
      ),
      atMost("whole upload to the bare run, p50", median(column("total")) / median(bareMs), 1.35, "times"),
      atMost("cached picture opened on a WebSocket, p50", median(hits.open), 10, "ms"),
    ],
    detail: {
      picture: `${width} x ${height}`,
      pictures: encoded.length,
      "bare graph in a worker, ms": p50p95(bareMs),
      "upload, ms": Object.fromEntries(parts.map((name) => [name, p50p95(column(name))])),
      "embeddings a minute": {
        "one by one": round(60_000 / median(column("total"))),
        [`${together} at once`]: round(perMinute),
        "bare graph": round(60_000 / median(bareMs)),
      },
      "cache hit, ms": Object.fromEntries(Object.entries(hits).map(([name, all]) => [name, p50p95(all)])),
    },
  };
}
