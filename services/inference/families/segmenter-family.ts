import { z } from "zod";
import { isPermissive } from "./licence.js";
import { capabilities, description, modelFile, modelId, preprocessLike } from "./manifest-forms.js";
import { lackOfMemory, memoryContract, memoryFiles, memoryForm } from "./memory-form.js";
import type { Capabilities, DecoderContract, EncoderContract, ModelSpec, Preprocess } from "./model-spec.js";
import { placedFiles } from "./placed-files.js";
import { present } from "./present.js";

/** Exports whose pictures become embeddings and masks in the same way. A family is one file that makes one, and a row in the table. */
export interface SegmenterFamily<Name extends string, Tensors extends z.ZodType> {
  /** What entries call it. */
  readonly name: Name;
  /** What it can be asked at most. */
  readonly capabilities: Capabilities;
  /** How pictures are prepared for it, where an entry does not say otherwise. */
  readonly preprocess: Pick<Preprocess, "size" | "resize" | "mean" | "std">;
  /** What an entry says of its graphs: where exporters differ. */
  readonly tensors: Tensors;
  /** An entry may have the graphs of a memory, SAM 2's, which follows objects through videos. */
  readonly mayRemember?: boolean;
  /** How the graphs are run. */
  contracts(
    tensors: z.output<Tensors>,
    preprocess: Pick<Preprocess, "size">,
  ): { encoder: EncoderContract; decoder: DecoderContract };
}

const files = z.strictObject({
  encoder: modelFile,
  decoder: modelFile,
  encoderData: modelFile.optional().describe("Weights outside of the graph, in a file of the name that it gives them."),
  decoderData: modelFile.optional(),
});

const common = z.strictObject({
  ...description,
  files,
  capabilities: capabilities.partial().optional().describe("Where it can be asked less than its family."),
});

const commonVariant = z.strictObject({
  title: z.string().min(1).optional(),
  files: files.partial().describe("Those that are others than the entry's."),
});

const withMemory = {
  files: files.extend(memoryFiles),
  memory: memoryForm.optional(),
} as const;

/** What the parts come to; the compiler does not see it through a family's own part. */
interface Entry<Name, Tensors> extends z.output<typeof common> {
  family: Name;
  memory?: z.output<typeof memoryForm>;
  preprocess: Omit<Preprocess, "frame">;
  tensors: Tensors;
  variants?: Record<string, z.output<typeof commonVariant> & { tensors?: Tensors }>;
}

/** An entry of a family -> what the tiers run: itself, then its variants. */
export function segmenterForm<Name extends string, Tensors extends z.ZodType>(family: SegmenterFamily<Name, Tensors>) {
  const { tensors } = family;
  const own = family.mayRemember ? withMemory : {};
  const variant = commonVariant.extend({
    ...(family.mayRemember
      ? { files: withMemory.files.partial().describe("Those that are others than the entry's.") }
      : {}),
    tensors: tensors.optional().describe("Instead of the entry's."),
  });
  const entry = common.extend({
    ...own,
    family: z.literal(family.name),
    preprocess: preprocessLike(family.preprocess),
    tensors,
    variants: z
      .record(modelId, variant)
      .optional()
      .describe("The same model in another precision, served as ID@VARIANT."),
  });
  return entry
    .superRefine((one, { addIssue }) => {
      const lack = lackOfMemory(one);
      if (lack) addIssue({ code: "custom", path: ["files"], message: lack });
    })
    .transform((one) => specsOf(family, one as unknown as Entry<Name, z.output<Tensors>>));
}

function specsOf<Name extends string, Tensors extends z.ZodType>(
  family: SegmenterFamily<Name, Tensors>,
  { variants = {}, files, tensors, preprocess, memory, ...entry }: Entry<Name, z.output<Tensors>>,
): ModelSpec[] {
  const { id, title } = entry;
  const others = Object.entries(variants).map(([name, own]) => ({
    id: `${id}@${name}`,
    title: own.title ?? `${title}, ${name}`,
    files: { ...files, ...present(own.files) },
    tensors: own.tensors ?? tensors,
  }));
  return [{ id, title, files, tensors }, ...others].map(({ tensors, files, ...own }) => {
    const { encoder, decoder } = family.contracts(tensors, preprocess);
    const places = placedFiles(present(files));
    const remembers = memoryContract({ files: places, memory });
    return {
      ...entry,
      ...own,
      kind: "segmenter",
      needsConsent: entry.needsConsent ?? !isPermissive(entry.licence),
      files: places,
      preprocess: { ...preprocess, frame: "full" },
      encoder: { ...places.encoder, ...encoder },
      decoder: { ...places.decoder, ...decoder },
      ...(remembers ? { memory: remembers } : {}),
      capabilities: { ...family.capabilities, video: remembers !== undefined, ...present(entry.capabilities ?? {}) },
    };
  });
}
