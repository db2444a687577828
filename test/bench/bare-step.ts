import { InferenceSession, Tensor } from "onnxruntime-node";
import { decoderFiles } from "../../services/decoder/graphs/decoder-files.js";
import { spinUs } from "../../services/decoder/graphs/decoder-session.js";
import { Manifest } from "../../services/inference/models/manifest.js";
import { verifyModelFile } from "../../services/inference/models/model-file.js";
import { imageTensor } from "../../services/inference/models/model-tensors.js";
import { testSettings } from "../support/start-maskwire.js";
import { BareRunner } from "./bare-runner.js";

/**
 * The step graph that the service runs, on the prefix of an even picture; and the bytes of that prefix, which a worker keeps
 * for each picture.
 * @param threads of each; 1, as under load, when left out.
 * @throws Error where the rewritten graph cannot be had.
 */
export async function bareSteps(
  count: number,
  { threads = 1 }: { threads?: number } = {},
): Promise<{ runners: BareRunner[]; preparedBytes: number }> {
  const manifest = Manifest.read();
  const model = manifest.get(manifest.defaultId);
  const stock = await verifyModelFile(model.decoder, manifest);
  const files = await decoderFiles(model, stock, testSettings().models.cacheDir);
  if (files.kind === "stock") throw new Error(`there is no rewritten graph to compare with: ${files.reason}`);
  const { dims } = imageTensor(model);
  const embedding = new Float32Array(dims.reduce((product, dim) => product * dim, 1)).fill(0.1);
  const prefix = await InferenceSession.create(files.paths.prefix, { graphOptimizationLevel: "basic" });
  const prepared = await prefix.run({ image_embeddings: new Tensor("float32", embedding, dims) });
  await prefix.release();
  const feeds = Object.fromEntries(
    Object.entries(prepared).map(([name, tensor]) => [
      name,
      { data: (tensor as Tensor).data as Float32Array, dims: [...(tensor as Tensor).dims] },
    ]),
  );
  const data = {
    path: files.paths.step,
    threads,
    spinUs,
    outputs: ["low_res_masks", "iou_predictions"],
    optimization: "basic" as const,
    feeds: {
      ...feeds,
      point_coords: { data: Float32Array.of(300, 240, 0, 0), dims: [1, 2, 2] },
      point_labels: { data: Float32Array.of(1, -1), dims: [1, 2] },
    },
  };
  const preparedBytes = Object.values(feeds).reduce((sum, { data }) => sum + data.byteLength, 0);
  return { runners: await Promise.all(Array.from({ length: count }, () => BareRunner.start(data))), preparedBytes };
}
