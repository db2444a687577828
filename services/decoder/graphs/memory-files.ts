import { bytesOfGraph, type MemoryRole } from "../../inference/families/weights-of.js";
import type { ModelSpec } from "../../inference/models/manifest.js";
import { imageTensor } from "../../inference/models/model-tensors.js";
import type { Models } from "../../inference/models/models.js";
import type { MemoryConstants } from "../../sam/track/memory/constants.js";
import { readMemoryConstants } from "./memory-constants.js";

/** What a worker loads a model's memory from. */
export interface MemoryFiles {
  readonly encoder: string;
  readonly attention: string;
  /** Left out where the decoder gives the pointer. */
  readonly pointer?: string;
  readonly constants: MemoryConstants;
  /** Of the graphs. */
  readonly bytes: number;
}

/** @returns undefined for a model that has no memory. @throws ModelFileError as `Models.verifiedGraph`, and for constants that do not fit. */
export async function memoryFiles(
  model: ModelSpec,
  models: Pick<Models, "verifiedGraph">,
): Promise<MemoryFiles | undefined> {
  if (!model.memory) return undefined;
  const { objectPointer } = model.files;
  const graphs: MemoryRole[] = [
    "memoryEncoder",
    "memoryAttention",
    ...(objectPointer ? ["objectPointer" as const] : []),
  ];
  const [encoder, attention, pointer] = await Promise.all(graphs.map((role) => models.verifiedGraph(model, role)));
  const [, channels = 0] = imageTensor(model).dims;
  return {
    encoder: encoder as string,
    attention: attention as string,
    ...(pointer === undefined ? {} : { pointer }),
    constants: await readMemoryConstants(await models.verifiedGraph(model, "memoryConstants"), channels),
    bytes: graphs.reduce((sum, role) => sum + bytesOfGraph(model, role), 0),
  };
}
