import { workerData } from "node:worker_threads";
import { encodeHalf } from "../../../proto/half-float.js";
import { weightsOf } from "../../inference/families/weights-of.js";
import type { ModelSpec } from "../../inference/models/manifest.js";
import { embeddingTensors } from "../../inference/models/model-tensors.js";
import { LoadedModels } from "../../inference/workers/loaded-models.js";
import { serveTasks } from "../../inference/workers/serve-tasks.js";
import { sharedBytes } from "../../runtime/shared-bytes.js";
import { yieldThisThread } from "../../runtime/yield-cores.js";
import type { EmbeddingHeader } from "../../sam/embedding-record.js";
import { encodeEmbeddingRecord } from "../../stores/embedding-record.js";
import type { EncoderWays } from "../graphs/encoder-runtime.js";
import { modelInput } from "../images/preprocess.js";
import { encodeDraft } from "./encode-draft.js";
import type { EncodedDraft, EncodedImage, EncoderDetail, EncodeTask } from "./encoder-tasks.js";
import { ProviderLostError } from "./provider-lost-error.js";
import { type LoadableEncoder, type ServedEncoder, serveEncoder, type WarmEncoder } from "./served-encoder.js";

/** What a worker is started with. */
export interface EncoderWorkerData {
  /** Those that can be asked for, and which of them are loaded before it is ready. */
  models: LoadableEncoder[];
  atOnce: string[];
  /** Of graphs that it keeps loaded. */
  loadedBytes: number;
  ways: EncoderWays;
  /** It gives way to the others on its cores. */
  yields: boolean;
}

const { models, atOnce, loadedBytes, ways, yields } = workerData as EncoderWorkerData;

// Before it has threads of its own.
if (yields) yieldThisThread();

await serveTasks<EncodeTask, EncodedImage, EncodedDraft>(async (say) => {
  let taskMs = 0;
  const loaded: LoadedModels<LoadableEncoder, EncoderDetail[string], ServedEncoder> = new LoadedModels({
    maxBytes: loadedBytes,
    load: async (loadable) => {
      const encoder = await serveEncoder(loadable, {
        ways,
        onChange: (isLoading) => say(loaded.details, isLoading),
        onRun: (ms) => {
          taskMs = Math.max(taskMs, ms);
        },
      });
      return encoder;
    },
    onChange: say,
  });
  for (const one of models) loaded.know(one);
  for (const id of atOnce) await loaded.get(id);
  return {
    detail: loaded.details,
    // What runs here runs one at a time, and holds up the others' calls.
    seats: () => seatsOf(loaded.all),
    taskMs,
    hear: (news) => loaded.know(news as LoadableEncoder),
    end: () => {
      for (const one of loaded.all) void one.release().catch(() => {});
    },
    run: (task, _alone, tell, leaving) =>
      loaded.use(task.modelId, ({ chain }) =>
        chain.run((encoder) =>
          encoder.memory.lend(async (memory) => {
            if (task.draft && encoder.takesFrames) {
              const made = await draft(task, encoder, memory, leaving()).catch((error) => {
                if (error instanceof ProviderLostError) throw error;
                // Whatever else is wrong with a draft, the embedding may be right.
                return undefined;
              });
              if (made) tell({ result: made, transfer: [] });
              task.draft = false;
            }
            return { result: await encode(task, encoder, memory, leaving()), transfer: [] };
          }),
        ),
      ),
  };
});

/** As many as the one of them has that has fewest. */
function seatsOf(all: readonly ServedEncoder[]): number {
  return all.length === 0 ? 1 : Math.min(...all.map(({ chain }) => chain.now?.atOnce ?? 1));
}

/** The record moves to the other thread. */
async function draft(
  task: EncodeTask,
  encoder: WarmEncoder,
  memory: Float32Array,
  signal: AbortSignal,
): Promise<EncodedDraft> {
  const { model } = encoder;
  const started = performance.now();
  const run: WarmEncoder["run"] = (pixels, frame) => encoder.run(pixels, frame, signal);
  const tensors = await encodeDraft(task.pixels, model, { run, whole: encoder.whole, memory });
  return { record: recordOf(task, model, tensors, { draft: true }), draftMs: performance.now() - started };
}

async function encode(
  task: EncodeTask,
  encoder: WarmEncoder,
  memory: Float32Array,
  signal: AbortSignal,
): Promise<EncodedImage> {
  const { model } = encoder;
  const { pixels, crop } = task;
  const started = performance.now();
  const frame = encoder.frameOf(pixels);
  const input = modelInput(pixels, model, frame, memory);
  const preprocessed = performance.now();
  const tensors = encoder.whole(await encoder.run(input, frame, signal), frame);
  const record = recordOf(task, model, tensors, crop ? { crop } : {});
  return {
    record,
    preprocessMs: preprocessed - started,
    encodeMs: performance.now() - preprocessed,
  };
}

/** @param of what of the picture it is. */
function recordOf(
  { imageId, reading, width, height }: EncodeTask,
  model: ModelSpec,
  tensors: Float32Array[],
  of: Pick<EmbeddingHeader, "crop" | "draft">,
): Uint8Array {
  const record = encodeEmbeddingRecord(
    {
      imageId,
      modelId: model.id,
      weights: weightsOf(model, "encoder"),
      dtype: "float16",
      frame: model.preprocess.frame,
      width,
      height,
      ...of,
      reading,
      tensors: embeddingTensors(model),
    },
    tensors.map((tensor) => encodeHalf(tensor)),
  );
  const shared = sharedBytes(record.byteLength);
  shared.set(record);
  return shared;
}
