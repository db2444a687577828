import type { z } from "zod";
import type { DecoderInterface } from "../../sam/decode/decoder-spec.js";
import type { capabilities, modelFile, preprocess } from "./manifest-forms.js";
import type { MemoryContract } from "./memory-form.js";

export interface ModelFile extends z.infer<typeof modelFile> {
  /** Of a source that is fetched: where it then lies, relative to the folder of fetched models. */
  readonly pulledAs?: string;
}
/** How much of the model's frame is encoded: all of it, or the part that holds the picture. */
export type EncoderFrame = z.infer<typeof preprocess>["frames"][number];
export interface Preprocess extends z.infer<typeof preprocess> {
  /** Of `frames`, the one in force. */
  readonly frame: EncoderFrame;
}
/** What a model can be asked. */
export type Capabilities = z.infer<typeof capabilities>;

/** An entry of the manifest, or one of its variants, whatever it is for. */
export interface ManifestModel {
  readonly kind: "segmenter" | "detector";
  /** The entry's, or `ENTRY@VARIANT`. */
  readonly id: string;
  readonly title: string;
  readonly family: string;
  readonly provenance: string;
  readonly licence: string;
  readonly licenceUrl?: string | undefined;
  readonly needsConsent: boolean;
  readonly capabilities: Capabilities;
  /** By their roles in the family. */
  readonly files: Readonly<Record<string, ModelFile>>;
}

/** One of an encoder's results, float32; together they are the embedding. */
interface EmbeddingTensor {
  name: string;
  /** image: the picture's features, cell by cell, [1, channels, side, side]. The others are the decoder's alone to understand. */
  role?: "image";
  dims: number[];
  /** Where the decoder reads only the first of its values: the dimensions of those, which alone are kept. */
  kept?: number[];
}

/** How an encoder's graph is run. */
export interface EncoderContract {
  /** float32, normalised. */
  input: string;
  /** Its form. planes: [1, 3, height, width]. interleaved: [height, width, 3]. */
  layout: "planes" | "interleaved";
  /** What of the model's frame it takes: all of it with its padding, or what the picture fills. */
  takes: "frame" | "picture";
  outputs: EmbeddingTensor[];
}

/** How a decoder's graph is run, as it was exported. */
export type DecoderContract = DecoderInterface;

/** A model that finds masks, as the tiers run it: plain data, which threads are given as it is. */
export interface ModelSpec extends ManifestModel {
  readonly kind: "segmenter";
  readonly encoder: ModelFile & EncoderContract;
  readonly decoder: ModelFile & DecoderContract;
  readonly preprocess: Preprocess;
  /** Of one that follows objects through videos by a memory of its own. */
  readonly memory?: MemoryContract;
}

/** A model that finds what words name. */
export interface DetectorSpec extends ManifestModel {
  readonly kind: "detector";
  /** closed: it finds what it was trained for. written: what is written in a picture. open: whatever it is told. ranking: nothing; it says how well words go with what was found. */
  readonly vocabulary: "closed" | "written" | "open" | "ranking";
}
