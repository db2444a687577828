import { stat } from "node:fs/promises";
import { bytesOfGraph } from "../inference/families/weights-of.js";
import type { ModelSpec } from "../inference/models/manifest.js";
import type { Models } from "../inference/models/models.js";
import { PreparedModels } from "../inference/models/prepared-models.js";
import { reportToHost } from "../inference/workers/report-to-host.js";
import { WorkerPool } from "../inference/workers/worker-pool.js";
import type { Host, Tier } from "../runtime/host.js";
import type { Stores } from "../stores/open-stores.js";
import { Drafts } from "./encodes/drafts.js";
import { EncodeLine } from "./encodes/encode-line.js";
import type { EncoderParts, EncoderPool } from "./encodes/encode-picture.js";
import type { EncoderFiles } from "./graphs/encoder-files.js";
import { runtimeHere } from "./graphs/encoder-runtime.js";
import { type LocalGraphs, localGraphs } from "./graphs/local-graphs.js";
import { probeFile } from "./graphs/probe-file.js";
import { PictureProcesses } from "./pictures/picture-processes.js";
import type { Loss } from "./pictures/picture-slot.js";
import { isRemote } from "./remote/model-address.js";
import type { EncoderSettings } from "./settings.js";
import type { EncoderDetail } from "./worker/encoder-tasks.js";
import type { EncoderWorkerData } from "./worker/encoder-worker.js";
import type { LoadableEncoder } from "./worker/served-encoder.js";

/** After so many encodes that people wait for, one of a batch goes, if one waits. */
const patience = 4;

/** The rest of the queue is for people. */
const maxBulk = (maxQueue: number) => Math.max(1, Math.floor(maxQueue / 2));

/** What is started: the processes that decode pictures, the worker that encodes them, and the line before both. */
export interface StartedParts extends EncoderParts {
  pictures: PictureProcesses;
  models: PreparedModels<LoadableEncoder>;
}

interface Surroundings {
  settings: EncoderSettings;
  models: Models;
  host: Host;
  isCacheUp: Stores["isCacheUp"];
  /** Whose parts they are. */
  tier: Tier;
  onPictureLost: (loss: Loss) => void;
  /** Told whenever what the worker has loaded has changed. */
  onLoaded: () => void;
}

/**
 * Verifies, loads and warms the models.
 * @throws when a file is not the manifest's or no provider can start; nothing of it is left then.
 */
export async function startParts(surroundings: Surroundings): Promise<StartedParts> {
  const { settings, host, isCacheUp } = surroundings;
  const { maxQueue, pictures: processes } = settings;
  let line: EncodeLine | undefined;
  // At the same time, so that neither waits for the other.
  const [pictures, { pool, models }] = await bothOrNone(
    startPictures(surroundings, (urgent) => line?.mayRead(urgent) !== false),
    startPool(surroundings),
  );
  line = new EncodeLine(pictures, pool, {
    maxQueue,
    maxOthers: maxBulk(maxQueue),
    // Each process is at work while another picture waits for the model.
    readAhead: processes.count + 1,
    onDisplaced: () => host.metrics.limitHit("queue_place"),
  });
  const takesFrames = (modelId: string) => {
    const [running] = pool.details as [EncoderDetail?];
    return settings.drafts && running?.[modelId]?.takesFrames === true;
  };
  return { pictures, pool, models, line, drafts: new Drafts({ takesFrames, line, pool, isCacheUp }) };
}

interface StartedPool extends Closable {
  pool: EncoderPool;
  models: PreparedModels<LoadableEncoder>;
}

async function startPool({ settings, models, host, tier, onLoaded }: Surroundings): Promise<StartedPool> {
  const { providers, threads, calls, graphsDir, maxQueue, loadedBytes, yields } = settings;
  const ways = { providers, threads, calls };
  const [hasRemote, hasHere] = [providers.some(isRemote), providers.some((one) => !isRemote(one))];
  let pool: EncoderPool | undefined;
  const prepared = new PreparedModels<LoadableEncoder>({
    prepare: async (model) => {
      const stockPath = await models.verifiedGraph(model, "encoder");
      const graphs = await localGraphs(model, stockPath, graphsDir, runtimeHere(ways));
      tellOfGraph(host, model, graphs);
      const bytes = await bytesOf(model, graphs.files);
      if (!hasRemote) return { model, graphs, bytes };
      const reference = await referenceOf(model, stockPath, settings, host);
      // One that never runs here takes no memory here.
      return { model, graphs, reference, bytes: hasHere ? bytes : 0 };
    },
    onReady: (loadable) => pool?.tell(loadable),
    onFailed: (model, err) => host.logger.error({ err, model: model.id }, "a model cannot be served"),
  });
  const atOnce = models.served.filter((model) => !models.isLazy(model));
  for (const model of atOnce) await prepared.begin(model);
  const started: EncoderPool = await WorkerPool.start({
    entry: new URL("./worker/encoder-worker.js", import.meta.url),
    data: (): EncoderWorkerData => ({
      models: prepared.ready,
      atOnce: atOnce.map(({ id }) => id),
      loadedBytes,
      ways,
      yields,
    }),
    size: 1,
    maxQueue,
    maxOthers: maxBulk(maxQueue),
    patience,
    what: "pictures",
    onDisplaced: () => host.metrics.limitHit("queue_place"),
    onDetails: onLoaded,
    // A draft and its picture that each take as long as a call may, one after the other, are none that hang.
    hungMs: hasRemote ? Math.max(settings.hungMs, 3 * calls.callMs) : settings.hungMs,
    ...reportToHost(host, tier),
  });
  pool = started;
  return { pool: started, models: prepared, close: () => started.close() };
}

const bytesOf = async (model: ModelSpec, files: EncoderFiles) =>
  files.kind === "stock" ? bytesOfGraph(model, "encoder") : (await stat(files.paths.graph)).size;

/** The probe's embedding by the manifest's weights; undefined where they are too large to be run here. */
async function referenceOf(
  model: ModelSpec,
  stockPath: string,
  { graphsDir, threads, loadedBytes }: EncoderSettings,
  { logger }: Host,
): Promise<string | undefined> {
  if (bytesOfGraph(model, "encoder") <= loadedBytes) return probeFile(model, stockPath, graphsDir, threads);
  logger.warn(
    { model: model.id },
    "what a model server gives is not held against the model's own weights: they are more than MASKWIRE_MODEL_BYTES",
  );
  return undefined;
}

/** What of a model's graph an operator would want to change. */
function tellOfGraph({ logger }: Host, { id, preprocess }: ModelSpec, { files }: LocalGraphs): void {
  const model = id;
  if (files.kind === "stock" && preprocess.frames.includes("picture")) {
    logger.warn(
      { model, reason: files.reason },
      "serving the stock encoder, which encodes the whole frame and is slower",
    );
  } else if (files.kind === "rewritten" && files.parity.skipped.length > 0) {
    logger.warn({ model, reasons: files.parity.skipped }, "serving an encoder that could be faster");
  }
}

async function startPictures(
  { settings, host, tier, onPictureLost }: Surroundings,
  mayBegin: (urgent: boolean) => boolean,
): Promise<PictureProcesses> {
  const options = { ...settings.pictures, decodeBytes: settings.limits.maxDecodeBytes };
  const pictures = await PictureProcesses.start({
    ...options,
    yields: settings.yields,
    patience,
    mayBegin,
    onServing: () => host.readinessChanged(tier),
    onLost: (reason) => {
      onPictureLost(reason);
      host.logger.warn({ reason }, "a picture process was lost; another takes its place");
    },
  });
  host.metrics.watchBudget(pictures.budget);
  host.logger.info({ ...options, confinement: pictures.confinement }, "picture processes ready");
  return pictures;
}

interface Closable {
  close(): Promise<void>;
}

/** Waits for both; when one fails the other is closed. @throws why one failed. */
async function bothOrNone<A extends Closable, B extends Closable>(a: Promise<A>, b: Promise<B>): Promise<[A, B]> {
  try {
    return await Promise.all([a, b]);
  } catch (error) {
    for (const one of await Promise.allSettled([a, b])) if (one.status === "fulfilled") await one.value.close();
    throw error;
  }
}
