import { workerData } from "node:worker_threads";
import type { ModelSpec } from "../../inference/models/manifest.js";
import { embeddingTensors } from "../../inference/models/model-tensors.js";
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
  models: { model: ModelSpec; files: EncoderFiles }[];
  runtime: EncoderRuntime;
}

const { models, runtime } = workerData as EncoderWorkerData;

await serveTasks<EncodeTask, EncodedImage>(async () => {
  const loaded = new Map<string, (task: EncodeTask) => Promise<EncodedImage>>();
  const running: EncoderDetail = {};
  let taskMs = 0;
  for (const { model, files } of models) {
    const encoder = await loadEncoder(model, files, runtime);
    const { provider, skipped, takesFrames } = encoder;
    const startedAt = performance.now();
    // The first run allocates, most at the whole frame, and on a GPU compiles: done before the service says it is ready.
    await encoder.run(new Float32Array(3 * model.preprocess.size ** 2), wholeFrame(model)).catch((error) => {
      // An empty picture may give a constant embedding, which is refused for pictures but proves that the model runs.
      if (!(error instanceof BadEmbeddingError)) throw error;
    });
    taskMs = Math.max(taskMs, performance.now() - startedAt);
    running[model.id] = { provider, skipped, takesFrames };
    loaded.set(model.id, (task) => encode(task, model, encoder));
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
  encoder: LoadedEncoder,
): Promise<EncodedImage> {
  const started = performance.now();
  const frame = encoder.frameOf(pixels);
  const planes = normalise(pixels, model.preprocess, frame);
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
