import { afterAll, beforeAll, expect, it } from "vitest";
import { GatewayTier } from "../../gateway/gateway-tier.js";
import { EmbeddingSource } from "../../proto/index.js";
import { DecoderTier } from "../../services/decoder/decoder-tier.js";
import { Manifest } from "../../services/inference/models/manifest.js";
import { Models } from "../../services/inference/models/models.js";
import { Host } from "../../services/runtime/host.js";
import { createMetrics } from "../../services/runtime/host-metrics.js";
import { createLogger } from "../../services/runtime/logger.js";
import { openStores, type Stores } from "../../services/stores/open-stores.js";
import { segmentOverHttp } from "../support/http-calls.js";
import { madeEmbedding } from "../support/made-embeddings.js";
import { metric, testSettings } from "../support/start-maskwire.js";
import { tinyModelEnv, tinyModelId } from "../support/tiny-model.js";
import { until } from "../support/until.js";

/*
 * Eight decoders, later nine, and three gateways that find them by name, over one store. All real, in one process, with one
 * worker each: what is asked is where clicks go, not how fast they are answered.
 */

const decoderCount = 8;
const gatewayCount = 3;
const pictures = 120;
const clicks = 240;
const peopleAtOnce = 8;
const port = (url: string) => Number(new URL(url).port);

const tiny = tinyModelEnv();
const settings = testSettings({
  ...tiny,
  MASKWIRE_DECODER_WORKERS: "1",
  MASKWIRE_DECODER_THREADS: "1",
  MASKWIRE_DECODER_CACHE_BYTES: String(64 * 1024 * 1024),
  MASKWIRE_DISCOVERY_MS: "100",
});
const logger = createLogger("silent");
const models = new Models(Manifest.read().withOwn(tiny.MASKWIRE_MODELS_FILE), { chosen: tinyModelId });
const metrics = createMetrics();
let stores: Stores;
const hosts: Host[] = [];
/** Where to read the metrics of each, by its URL. */
const adminUrls = new Map<string, string>();
const gateways: string[] = [];
const decoders: string[] = [];
let imageIds: string[] = [];
/** The ninth decoder. */
let spare: string;

/** As the cluster's DNS would: a name for each decoder, unknown until it is there. */
const lookup = async (name: string) => {
  if (!names().includes(name)) throw new Error(`${name} is not known`);
  return ["127.0.0.1"];
};
const names = () => decoders.map((_, at) => `decoder-${at}`);

async function open(make: (host: Host) => DecoderTier | GatewayTier): Promise<string> {
  const loopback = { host: "127.0.0.1", port: 0 };
  const host = new Host({ ...loopback, admin: loopback, stopMs: 5000, logger });
  hosts.push(host);
  await host.listen((one) => [make(one)]);
  await host.start();
  const url = `http://127.0.0.1:${host.port}`;
  adminUrls.set(url, `http://127.0.0.1:${host.adminPort}`);
  return url;
}

/** Without threads for what nobody waits for: nothing here is that. */
const decoder = { ...settings.decoder, yielding: 0 };
const startDecoder = () => open((host) => new DecoderTier(host, decoder, models, stores));

const count = (url: string, series: string) => metric(adminUrls.get(url) ?? "", series);

/** Waits until every gateway sees so many decoders serve. */
async function seen(decoders: number): Promise<void> {
  const serving = 'maskwire_peers{tier="decoder",state="serving"}';
  for (const url of gateways) await until(async () => (await count(url, serving)) === decoders);
}

async function click(gateway: number, picture: number): Promise<EmbeddingSource> {
  const prompt = { points: [{ x: 200 + (picture % 100), y: 240 }] };
  const result = await segmentOverHttp(gateways[gateway] as string, { imageId: imageIds[picture] as string, prompt });
  return result.embeddingSource;
}

/** Clicks by so many people at once, one after the other each. @returns where the embeddings were found. */
async function clickAll(who: { gateway: number; picture: number }[]): Promise<EmbeddingSource[]> {
  const sources: EmbeddingSource[] = [];
  const waiting = [...who];
  const person = async () => {
    for (let next = waiting.pop(); next; next = waiting.pop()) sources.push(await click(next.gateway, next.picture));
  };
  await Promise.all(Array.from({ length: peopleAtOnce }, person));
  return sources;
}

const everyPicture = (gatewayOf: (picture: number) => number) =>
  Array.from({ length: pictures }, (_, picture) => ({ gateway: gatewayOf(picture) % gatewayCount, picture }));
const share = (sources: EmbeddingSource[], ...wanted: EmbeddingSource[]) =>
  sources.filter((one) => wanted.includes(one)).length / sources.length;

beforeAll(async () => {
  stores = openStores({ ...settings.cache, embeddingBytes: 4 * 1024 ** 3 }, metrics, logger);
  const model = models.serving("");
  imageIds = await Promise.all(
    Array.from({ length: pictures }, async (_, seed) => {
      const { ref, record } = madeEmbedding(seed, model);
      await stores.embeddings.set(ref, record);
      return ref.imageId;
    }),
  );
  // The ninth gets its name later: a decoder that listens and is not in DNS yet.
  const started = await Promise.all(Array.from({ length: decoderCount + 1 }, startDecoder));
  decoders.push(...started.slice(0, decoderCount));
  const targets = started.map((url, at) => `dns:///decoder-${at}:${port(url)}`);
  for (let at = 0; at < gatewayCount; at++) {
    const addresses = { encoders: ["127.0.0.1:1"], decoders: targets, lookup };
    gateways.push(await open((host) => new GatewayTier(host, settings.gateway, addresses)));
  }
  await seen(decoderCount);
  spare = started[decoderCount] as string;
}, 120_000);

afterAll(async () => {
  for (const host of hosts.reverse()) await host.stop();
  await stores?.close();
  metrics.close();
});

it("N2: clicks are answered from the decoder's own memory, whichever gateway they come through", async () => {
  await clickAll(everyPicture((picture) => picture));
  const warm = await clickAll(
    Array.from({ length: clicks }, (_, at) => ({ gateway: at % gatewayCount, picture: (at * 7) % pictures })),
  );
  const own = share(warm, EmbeddingSource.WORKER, EmbeddingSource.PROCESS);
  process.stdout.write(`affinity: ${(100 * own).toFixed(1)} % of ${clicks} clicks from the decoder's own memory\n`);
  expect(warm).toHaveLength(clicks);
  expect(own).toBeGreaterThanOrEqual(0.95);
  // Every decoder has its share: nobody is left out, nobody has most of it.
  for (const url of decoders) {
    const decodes = await decodesOf(url);
    expect(decodes).toBeGreaterThan(0);
    expect(decodes).toBeLessThan(((pictures + clicks) / decoderCount) * 3);
  }
});

it("N1, N2: a ninth decoder that appears in DNS takes its share of the pictures and moves no others", async () => {
  decoders.push(spare);
  await seen(decoderCount + 1);
  const before = await decodesOf(spare);
  expect(before).toBe(0);
  const sources = await clickAll(everyPicture((picture) => picture + 1));
  const cold = share(sources, EmbeddingSource.STORE);
  const moved = (await decodesOf(spare)) / pictures;
  process.stdout.write(`affinity: a ninth decoder moved ${(100 * moved).toFixed(1)} % of ${pictures} pictures\n`);
  expect(moved).toBeGreaterThan(0);
  expect(Math.max(cold, moved)).toBeLessThanOrEqual(1 / 9 + 0.1);
});

it("N4: a decoder that drains loses no click, and its pictures go to the others", async () => {
  const draining = hosts[0] as Host;
  const answers = clickAll(everyPicture((picture) => picture + 2));
  await click(0, 0);
  const stopped = draining.stop();
  expect(await answers).toHaveLength(pictures);
  await stopped;
  await seen(decoderCount);
});

async function decodesOf(url: string): Promise<number> {
  let total = 0;
  for (const embedding of ["worker", "process", "store"])
    total += await count(url, `maskwire_decodes_total{embedding="${embedding}"}`);
  return total;
}
