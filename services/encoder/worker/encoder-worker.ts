import { workerData } from "node:worker_threads";
import { Tensor } from "onnxruntime-node";
import { createSession } from "../../inference/models/create-session.js";
import type { ModelSpec } from "../../inference/models/manifest.js";
import { embeddingTensors } from "../../inference/models/model-tensors.js";
import type { Provider } from "../../inference/models/providers.js";
import { serveTasks } from "../../inference/workers/serve-tasks.js";
import { encodeHalf } from "../../sam/half-float.js";
import { encodeEmbeddingRecord } from "../../stores/embedding-record.js";
import { normalise } from "../images/preprocess.js";
import type { EncodedImage, EncoderDetail, EncodeTask } from "./encoder-tasks.js";

/** What a worker is started with. */
export interface EncoderWorkerData {
  models: { model: ModelSpec; path: string }[];
  providers: Provider[];
  threads: number;
}

const { models, providers, threads } = workerData as EncoderWorkerData;

await serveTasks<EncodeTask, EncodedImage>(async () => {
  const loaded = new Map<string, (task: EncodeTask) => Promise<EncodedImage>>();
  const running: EncoderDetail = {};
  let taskMs = 0;
  for (const { model, path } of models) {
    const { session, provider, skipped } = await createSession(path, { providers, threads });
    const infer = async (planes: Float32Array) => {
      const { size } = model.preprocess;
      const outputs = await session.run({ [model.encoder.input]: new Tensor("float32", planes, [1, 3, size, size]) });
      return embeddingTensors(model).map(({ name, dims }) => checkTensor(outputs[name], name, dims));
    };
    const startedAt = performance.now();
    // The first run allocates and, on a GPU, compiles: done before the service says it is ready.
    await infer(new Float32Array(3 * model.preprocess.size ** 2)).catch((error) => {
      // An empty picture may give a constant embedding, which is refused for pictures but proves that the model runs.
      if (!(error instanceof BadEmbeddingError)) throw error;
    });
    taskMs = Math.max(taskMs, performance.now() - startedAt);
    running[model.id] = { provider, skipped, takesFrames: false };
    loaded.set(model.id, (task) => encode(task, model, infer));
  }
  return {
    detail: running,
    taskMs,
    run: async (task) => {
      const run = loaded.get(task.modelId);
      if (!run) throw new Error(`model ${task.modelId} is not loaded`);
      const result = await run(task);
      return { result, transfer: [result.record.buffer as ArrayBuffer] };
    },
  };
});

async function encode(
  { imageId, pixels, reading, width, height, crop }: EncodeTask,
  model: ModelSpec,
  infer: (planes: Float32Array) => Promise<Float32Array[]>,
): Promise<EncodedImage> {
  const started = performance.now();
  const planes = normalise(pixels, model.preprocess);
  const preprocessed = performance.now();
  const tensors = await infer(planes);
  const record = encodeEmbeddingRecord(
    {
      imageId,
      modelId: model.id,
      weights: model.encoder.sha256,
      dtype: "float16",
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

/** An embedding that must not be cached or used. */
class BadEmbeddingError extends Error {
  override readonly name = "BadEmbeddingError";
}

/** @throws BadEmbeddingError for values that no picture gives: NaN, infinite, over the half float's range, or all the same. */
function checkTensor(tensor: Tensor | undefined, name: string, dims: number[]): Float32Array {
  if (tensor?.type !== "float32" || tensor.dims.join() !== dims.join()) {
    throw new Error(`the encoder's output "${name}" is not float32 ${dims.join("x")} as the manifest says`);
  }
  const values = tensor.data as Float32Array;
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    if (!(Math.abs(value) <= 65504)) throw new BadEmbeddingError(`the embedding "${name}" holds ${value}`);
    if (value < low) low = value;
    if (value > high) high = value;
  }
  if (low === high) throw new BadEmbeddingError(`the embedding "${name}" is constant`);
  return values;
}
