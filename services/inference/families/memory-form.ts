import { z } from "zod";
import { modelFile } from "./manifest-forms.js";

/*
 * SAM 2's memory of videos, beside the graphs for pictures: its files, and where an export's tensors are called otherwise than by
 * `sam2/modeling/sam2_base.py` of axinc-ai/segment-anything-2, of which the names here are.
 */

/** By their roles. */
export const memoryFiles = {
  memoryEncoder: modelFile
    .optional()
    .describe(
      "A frame's features and an object's mask -> what is remembered: cells, or latents as EdgeTAM makes of them.",
    ),
  memoryEncoderData: modelFile.optional(),
  memoryAttention: modelFile.optional().describe("A frame's features in the light of what is remembered."),
  memoryAttentionData: modelFile.optional(),
  objectPointer: modelFile
    .optional()
    .describe("A mask's token -> the object's pointer. Left out where the decoder gives the pointer itself."),
  memoryConstants: modelFile
    .optional()
    .describe(
      "Numbers that are no graph, as JSON by the names of Meta's checkpoint: maskmem_tpos_enc, no_mem_embed, ...",
    ),
} as const;

/** Those without which there is no memory. */
const needed = ["memoryEncoder", "memoryAttention", "memoryConstants"] as const;

const name = (usual: string) => z.string().default(usual);

export const memoryForm = z
  .strictObject({
    features: z
      .enum(["added", "bare"])
      .default("added")
      .describe(
        "Whether the encoder has added `no_mem_embed` to its coarsest features, as exports for pictures do. The memory is of " +
          "those without it, and a click's are those with it: either is made of the other.",
      ),
    decoder: z
      .strictObject({
        objectScore: name("object_score_logits"),
        token: name("sam_tokens_out").describe("Of each mask; goes through objectPointer."),
        pointer: name("object_pointer").describe("Where there is no file objectPointer."),
      })
      .prefault({}),
    encoder: z
      .strictObject({
        features: name("pix_feat"),
        mask: name("masks"),
        values: name("vision_features"),
        positions: name("vision_pos_enc"),
      })
      .prefault({}),
    attention: z
      .strictObject({
        features: name("curr"),
        positions: name("curr_pos"),
        masks: name("memory_1"),
        maskPositions: name("memory_pos_1"),
        pointers: name("memory_2"),
        pointerPositions: name("memory_pos_2"),
        output: name("pix_feat"),
      })
      .prefault({}),
    pointer: z.strictObject({ input: name("x"), output: name("x_out") }).prefault({}),
  })
  .describe("Where the memory's tensors are called otherwise than by axinc-ai's export.");

/** How a model's memory is run. */
export type MemoryContract = z.output<typeof memoryForm>;

interface WithMemory {
  readonly files: Readonly<Record<string, unknown>>;
  readonly memory?: unknown;
}

/** What is wrong with an entry that says something of a memory; undefined for one that has all of it, or nothing. */
export function lackOfMemory({ files, memory }: WithMemory): string | undefined {
  const there = Object.keys(memoryFiles).filter((role) => files[role] !== undefined);
  if (there.length === 0) return memory === undefined ? undefined : `\`memory\` needs the files ${needed.join(", ")}`;
  const missing = needed.filter((role) => files[role] === undefined);
  return missing.length === 0 ? undefined : `a memory with ${there.join(", ")} needs ${missing.join(", ")} too`;
}

/** @returns undefined for a model that has no memory. */
export function memoryContract({ files, memory }: WithMemory): MemoryContract | undefined {
  const { memoryEncoder } = files;
  return memoryEncoder === undefined ? undefined : memoryForm.parse(memory ?? {});
}
