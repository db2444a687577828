import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { decoderFiles } from "../../services/decoder/graphs/decoder-files.js";
import { loadDecoderGraph } from "../../services/decoder/graphs/load-decoder-graph.js";
import { localGraphs } from "../../services/encoder/graphs/local-graphs.js";
import { probe } from "../../services/encoder/rewrite/probe.js";
import { coarseFrames } from "../../services/encoder/worker/encoder-frames.js";
import { loadEncoder } from "../../services/encoder/worker/load-encoder.js";
import { createSession, reasonOfOne } from "../../services/inference/models/create-session.js";
import { floatTensor } from "../../services/inference/models/float-tensor.js";
import { inFrame } from "../../services/inference/models/in-frame.js";
import { Manifest, type ModelSpec } from "../../services/inference/models/manifest.js";
import { verifyModelFile } from "../../services/inference/models/model-file.js";
import { type Provider, providers } from "../../services/inference/models/providers.js";
import { deviceMiBOf, type Measured, noAccelerator, report } from "./gpu/report.js";
import { iousOf, type Masks, servedMasks } from "./gpu/served-masks.js";
import { measuredScenes } from "./measured-objects.js";
import { readOptions, UsageError } from "./options.js";
import type { Suite } from "./report.js";

/** Of all that is measured again and again; the rest takes as long as it takes, about two minutes. */
const mostMs = 300_000;
const ofFrameMs = 10_000;
const ofBatchMs = 15_000;
const batchSizes = [1, 2, 4, 8, 16, 32, 64];

const accelerators: readonly Provider[] = ["cuda", "coreml", "dml", "webgpu"];
const threads = 2;

export const suite: Suite = {
  title:
    "the default model's encoder on an accelerator: latency, batches, masks against the processor's, memory; 8 minutes at the most",
  options: `  --provider NAME          this one alone, of ${providers.join(", ")}; the first of ${accelerators.join(", ")} that starts`,
  speaksJson: true,
  async run(say, args) {
    const { texts } = readOptions(args, {}, ["provider="]);
    const wanted = wantedProviders(texts.provider);
    const manifest = Manifest.read();
    const model = inFrame(manifest.get(manifest.defaultId), "picture");
    const stockPath = await verifyModelFile(model.encoder, manifest);
    const reasons: Record<string, string> = {};
    const provider = await firstOf(wanted, stockPath, reasons);
    if (!provider) return noAccelerator(reasons);
    const cacheDir = await mkdtemp(join(tmpdir(), "maskwire-gpu-"));
    try {
      const decoderPath = await verifyModelFile(model.decoder, manifest);
      return report(await measure({ provider, model, stockPath, decoderPath, cacheDir }, say));
    } finally {
      await rm(cacheDir, { recursive: true, force: true });
    }
  },
};

/** @throws UsageError */
function wantedProviders(name: string | undefined): readonly Provider[] {
  if (name === undefined) return accelerators;
  const found = providers.find((one) => one === name);
  if (!found) throw new UsageError(`--provider takes one of ${providers.join(", ")}, not "${name}"`);
  return [found];
}

async function firstOf(wanted: readonly Provider[], path: string, reasons: Record<string, string>) {
  for (const provider of wanted) {
    try {
      const { session } = await createSession(path, { providers: [provider], threads });
      await session.release();
      return provider;
    } catch (error) {
      reasons[provider] = reasonOfOne(error as Error);
    }
  }
  return undefined;
}

interface Subject {
  provider: Provider;
  model: ModelSpec;
  stockPath: string;
  decoderPath: string;
  cacheDir: string;
}

async function measure(
  { provider, model, stockPath, decoderPath, cacheDir }: Subject,
  say: (line: string) => void,
): Promise<Measured> {
  const until = performance.now() + mostMs;
  const deviceMiB: Record<string, number> = {};
  const note = async (when: string) => {
    const own = deviceMiBOf(await smi("--query-compute-apps=pid,used_memory"), process.pid);
    if (own !== undefined) deviceMiB[when] = own;
  };
  const load = async (one: Provider) => {
    const graphs = await localGraphs(model, stockPath, cacheDir, { providers: [one], threads });
    return { graphs, encoder: await loadEncoder(model, graphs.files, { providers: [one], threads }) };
  };
  const { graphs, encoder } = await load(provider);
  say(`${provider}: loaded`);
  const latencies: Measured["latencies"] = {};
  for (const frame of encoder.takesFrames ? coarseFrames(model) : coarseFrames(model).slice(0, 1)) {
    const planes = probe(frame);
    const ms = await timed(() => encoder.run(planes, frame), Math.min(until, performance.now() + ofFrameMs));
    latencies[`${frame.width} x ${frame.height}`] = ms;
    say(`${frame.width} x ${frame.height}: ${ms.length} runs`);
  }
  await note("one picture at a time");

  const decoder = await loadDecoderGraph(model, await decoderFiles(model, decoderPath, cacheDir), { wide: threads });
  const { pictures } = await measuredScenes();
  const masks: Masks[] = [];
  for (const picture of pictures) masks.push(await servedMasks(model, encoder, decoder, picture));
  await encoder.release();
  const { encoder: byProcessor } = await load("cpu");
  const ious: Measured["ious"] = { click: [], box: [] };
  for (const [at, picture] of pictures.entries()) {
    const found = iousOf(masks[at]!, await servedMasks(model, byProcessor, decoder, picture));
    for (const [kind, all] of Object.entries(found)) ious[kind]?.push(...all);
    say(`masks of ${at + 1} of ${pictures.length} pictures compared`);
  }
  await byProcessor.release();
  await decoder.release();

  const batches = await measureBatches(model, stockPath, provider, until, note);
  const device = (await smi("--query-gpu=name")).split("\n")[0]?.trim();
  const graph =
    graphs.files.kind === "stock" ? `as exported: ${graphs.files.reason}` : "rewritten for pictures' own frames";
  return { provider, device: device || undefined, graph, latencies, batches, ious, deviceMiB };
}

/** The exported graph with more and more pictures in a run, until it or the device's memory takes no more. */
async function measureBatches(
  model: ModelSpec,
  stockPath: string,
  provider: Provider,
  until: number,
  note: (when: string) => Promise<void>,
): Promise<Measured["batches"]> {
  const { session, inputTypes } = await createSession(stockPath, { providers: [provider], threads });
  const { input } = model.encoder;
  const { size } = model.preprocess;
  const batches: Measured["batches"] = {};
  const planes = probe({ width: size, height: size });
  for (const count of batchSizes) {
    if (performance.now() > until) break;
    const values = new Float32Array(count * planes.length);
    for (let at = 0; at < count; at++) values.set(planes, at * planes.length);
    const feeds = { [input]: floatTensor(values, [count, 3, size, size], inputTypes[input] ?? "float32") };
    try {
      const ms = await timed(() => session.run(feeds), Math.min(until, performance.now() + ofBatchMs));
      batches[count] = (1000 * count * ms.length) / ms.reduce((sum, one) => sum + one, 0);
      await note(`batches of ${count}`);
    } catch (error) {
      batches[count] = `takes no batch of ${count}: ${(error as Error).message.slice(0, 200)}`;
      break;
    }
  }
  await session.release();
  return batches;
}

/** Milliseconds of each run, after two that are not counted; one at the least, 200 at the most. */
async function timed(run: () => Promise<unknown>, until: number): Promise<number[]> {
  for (let at = 0; at < 2; at++) await run();
  const all: number[] = [];
  do {
    const startedAt = performance.now();
    await run();
    all.push(performance.now() - startedAt);
  } while (performance.now() < until && all.length < 200);
  return all;
}

/** What NVIDIA's tool says; nothing where it is not there. */
async function smi(query: string): Promise<string> {
  try {
    return (await promisify(execFile)("nvidia-smi", [query, "--format=csv,noheader,nounits"])).stdout;
  } catch {
    return "";
  }
}
