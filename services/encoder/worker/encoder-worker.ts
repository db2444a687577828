import { workerData } from "node:worker_threads";
import type { ModelSpec } from "../../inference/models/manifest.js";
import { embeddingTensors } from "../../inference/models/model-tensors.js";
import { type LoadableModel, LoadedModels } from "../../inference/workers/loaded-models.js";
import { serveTasks } from "../../inference/workers/serve-tasks.js";
import { encodeHalf } from "../../sam/half-float.js";
import { encodeEmbeddingRecord } from "../../stores/embedding-record.js";
import type { EncoderFiles } from "../graphs/encoder-files.js";
import type { EncoderRuntime } from "../graphs/encoder-runtime.js";
import { wholeFrame } from "../images/encoded-frame.js";
import { normalise } from "../images/preprocess.js";
import { BadEmbeddingError } from "./check-tensor.js";
import type { EncodedImage, EncoderDetail, EncodeTask } from "./encoder-tasks.js";
import { type LoadedEncoder, loadEncoder } from "./load-encoder.js";

/** What a worker is started with. */
export interface EncoderWorkerData {
  /** Those that can be asked for, and which of them are loaded before it is ready. */
  models: LoadableEncoder[];
  atOnce: string[];
  /** Of graphs that it keeps loaded. */
  loadedBytes: number;
  runtime: EncoderRuntime;
}

/** What a worker can load; it is told of others when they are ready. */
export interface LoadableEncoder extends LoadableModel {
  model: ModelSpec;
  files: EncoderFiles;
}

const { models, atOnce, loadedBytes, runtime } = workerData as EncoderWorkerData;

await serveTasks<EncodeTask, EncodedImage>(async (say) => {
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
    run: async (task) => {
      const encoder = await loaded.get(task.modelId);
      const result = await encode(task, encoder);
      return { result, transfer: [result.record.buffer as ArrayBuffer] };
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

async function encode(
  { imageId, pixels, reading, width, height, crop }: EncodeTask,
  encoder: WarmEncoder,
): Promise<EncodedImage> {
  const started = performance.now();
  const { model, memory } = encoder;
  const frame = encoder.frameOf(pixels);
  const planes = normalise(pixels, model.preprocess, frame, memory);
  const preprocessed = performance.now();
  const tensors = encoder.whole(await encoder.run(planes, frame), frame);
  const record = encodeEmbeddingRecord(
    {
      imageId,
      modelId: model.id,
      weights: model.encoder.sha256,
      dtype: "float16",
      frame: model.preprocess.frame,
      width,
      height,
      ...(crop ? { crop } : {}),
      reading,
      tensors: embeddingTensors(model),
    },
    tensors.map((tensor) => encodeHalf(tensor)),
  );
  return {
    record,
    preprocessMs: preprocessed - started,
    encodeMs: performance.now() - preprocessed,
  };
}
