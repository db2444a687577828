import { readFile } from "node:fs/promises";
import { Tensor } from "onnxruntime-node";
import { checkConverted } from "../../inference/convert/check-converted.js";
import { convertTfjs } from "../../inference/convert/convert-tfjs.js";
import { isConverted } from "../../inference/convert/cuts.js";
import { createSession } from "../../inference/models/create-session.js";
import type { FloatTensors } from "../../sam/decode/graph-runner.js";
import type { Pixels } from "../images/open-picture.js";
import type { Detection } from "./detection.js";
import { detectorFamilies } from "./families/index.js";

/** A detector whose files are verified. */
export interface LoadableDetector {
  id: string;
  family: string;
  /** By their roles: where each lies, and what it was called where it comes from. */
  files: Record<string, { path: string; name: string }>;
}

export type LoadedDetector = (pixels: Pixels) => Promise<Detection[]>;

/**
 * Loads a detector's graph. One of TensorFlow.js is converted, which takes less than a second, and held against what
 * TensorFlow.js made of it.
 * @throws Error when it is not of its family; ConvertError; ProviderError.
 */
export async function loadDetector({ id, family, files }: LoadableDetector, threads: number): Promise<LoadedDetector> {
  const known = detectorFamilies[family];
  if (!known) throw new Error(`the detector ${id} is of the family ${family}, which is not known`);
  const graph = files.graph ? files.graph.path : await converted(family, files);
  const { session } = await createSession(graph, { providers: ["cpu"], threads });
  const [input = "", ...more] = session.inputNames;
  if (more.length > 0) throw new Error(`the graph of ${id} has more inputs than a picture`);
  const run = async (data: Float32Array, dims: readonly number[]): Promise<FloatTensors> => {
    const outputs = await session.run({ [input]: new Tensor("float32", data, [...dims]) });
    return outputs as unknown as FloatTensors;
  };
  if (!files.graph && isConverted(family)) await checkConverted(family, run);
  return (pixels) => known.detect(pixels, run);
}

async function converted(family: string, { topology, ...weights }: LoadableDetector["files"]): Promise<Uint8Array> {
  if (!topology || !isConverted(family))
    throw new Error(`there is no graph that a detector of the family ${family} has`);
  const read = Object.values(weights).map(async ({ name, path }) => [name, await readFile(path)] as const);
  return convertTfjs(family, await readFile(topology.path, "utf8"), new Map(await Promise.all(read)));
}
