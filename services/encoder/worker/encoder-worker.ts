import { workerData } from "node:worker_threads";
import { weightsOf } from "../../inference/families/weights-of.js";
import type { ModelSpec } from "../../inference/models/manifest.js";
import { embeddingTensors } from "../../inference/models/model-tensors.js";
import { type LoadableModel, LoadedModels } from "../../inference/workers/loaded-models.js";
import { serveTasks } from "../../inference/workers/serve-tasks.js";
import { sharedBytes } from "../../runtime/shared-bytes.js";
import { yieldThisThread } from "../../runtime/yield-cores.js";
import type { EmbeddingHeader } from "../../sam/embedding-record.js";
import { encodeHalf } from "../../sam/half-float.js";
import { encodeEmbeddingRecord } from "../../stores/embedding-record.js";
import type { EncoderFiles } from "../graphs/encoder-files.js";
import type { EncoderRuntime } from "../graphs/encoder-runtime.js";
import { wholeFrame } from "../images/encoded-frame.js";
import { modelInput } from "../images/preprocess.js";
import { BadEmbeddingError } from "./check-tensor.js";
import { encodeDraft } from "./encode-draft.js";
import type { EncodedDraft, EncodedImage, EncoderDetail, EncodeTask } from "./encoder-tasks.js";
import { type LoadedEncoder, loadEncoder } from "./load-encoder.js";

/** What a worker is started with. */
export interface EncoderWorkerData {
  /** Those that can be asked for, and which of them are loaded before it is ready. */
  models: LoadableEncoder[];
  atOnce: string[];
  /** Of graphs that it keeps loaded. */
  loadedBytes: number;
  runtime: EncoderRuntime;
  /** It gives way to the others on its cores. */
  yields: boolean;
}

/** What a worker can load; it is told of others when they are ready. */
export interface LoadableEncoder extends LoadableModel {
  model: ModelSpec;
  files: EncoderFiles;
}

const { models, atOnce, loadedBytes, runtime, yields } = workerData as EncoderWorkerData;

// Before it has threads of its own.
if (yields) yieldThisThread();

await serveTasks<EncodeTask, EncodedImage, EncodedDraft>(async (say) => {
  let taskMs = 0;
  const loaded = new LoadedModels<LoadableEncoder, EncoderDetail[string], WarmEncoder>({
    maxBytes: loadedBytes,
    load: async (loadable) => {
      const { encoder, runMs } = await loadWarm(loadable);
      taskMs = Math.max(taskMs, runMs);
      return encoder;
    },
    onChange: say,
  });
  for (const one of models) loaded.know(one);
  for (const id of atOnce) await loaded.get(id);
  return {
    detail: loaded.details,
    taskMs,
    hear: (news) => loaded.know(news as LoadableEncoder),
    run: async (task, _alone, tell) => {
      const encoder = await loaded.get(task.modelId);
      if (task.draft) {
        // Whatever is wrong with a draft, the embedding may be right.
        const made = await draft(task, encoder).catch(() => undefined);
        if (made) tell({ result: made, transfer: [] });
      }
      return { result: await encode(task, encoder), transfer: [] };
    },
  };
});

interface WarmEncoder extends LoadedEncoder {
  model: ModelSpec;
  /** Where a picture's tensor is written: float32, as many as the whole frame has. */
  memory: Float32Array;
  detail: EncoderDetail[string];
}

/** @returns it, and how long a run takes. */
async function loadWarm({ model, files }: LoadableEncoder): Promise<{ encoder: WarmEncoder; runMs: number }> {
  const encoder = await loadEncoder(model, files, runtime);
  const { provider, skipped, takesFrames } = encoder;
  const memory = new Float32Array(3 * model.preprocess.size ** 2);
  const startedAt = performance.now();
  // The first run allocates, most at the whole frame, and on a GPU compiles: done before the service says it is ready.
  await encoder.run(memory, wholeFrame(model)).catch((error) => {
    // An empty picture may give a constant embedding, which is refused for pictures but proves that the model runs.
    if (!(error instanceof BadEmbeddingError)) throw error;
  });
  const detail = { provider, skipped, takesFrames };
  return { encoder: { ...encoder, model, memory, detail }, runMs: performance.now() - startedAt };
}

/** The record moves to the other thread. */
async function draft(task: EncodeTask, encoder: WarmEncoder): Promise<EncodedDraft> {
  const { model } = encoder;
  const started = performance.now();
  const tensors = await encodeDraft(task.pixels, model, encoder);
  return { record: recordOf(task, model, tensors, { draft: true }), draftMs: performance.now() - started };
}

async function encode(task: EncodeTask, encoder: WarmEncoder): Promise<EncodedImage> {
  const { model, memory } = encoder;
  const { pixels, crop } = task;
  const started = performance.now();
  const frame = encoder.frameOf(pixels);
  const input = modelInput(pixels, model, frame, memory);
  const preprocessed = performance.now();
  const tensors = encoder.whole(await encoder.run(input, frame), frame);
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
