import type { z } from "zod";
import type { capabilities, modelFile, preprocess } from "./manifest-forms.js";

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
  /** What it is to the decoder. image: the picture's features, cell by cell, [1, channels, side, side]. */
  role: "image";
  dims: number[];
}

/** How an encoder's graph is run. */
export interface EncoderContract {
  /** float32 [1, 3, size, size], normalised. */
  input: string;
  outputs: EmbeddingTensor[];
}

/** How a decoder's graph is run, as it was exported. */
export interface DecoderContract {
  /** What the export calls its inputs, all float32. */
  inputs: {
    /** The output of the encoder that has this role. */
    image: string;
    /** [1, points, 2], in pixels of the model's frame. */
    points: string;
    /** [1, points] */
    labels: string;
    /** [1, 1, maskGrid, maskGrid] */
    mask: string;
    /** [1], 0 or 1 */
    hasMask: string;
    /** [2], height and width of the picture. */
    size: string;
  };
  /** What it calls its results: logits [1, masks, maskGrid, maskGrid] and scores [1, masks]. */
  outputs: { logits: string; scores: string };
  /** Side of the square grid of mask logits, which covers the model's whole frame. */
  maskGrid: number;
}

/** A model that finds masks, as the tiers run it: plain data, which threads are given as it is. */
export interface ModelSpec extends ManifestModel {
  readonly kind: "segmenter";
  readonly encoder: ModelFile & EncoderContract;
  readonly decoder: ModelFile & DecoderContract;
  readonly preprocess: Preprocess;
}

/** A model that finds what words name. */
export interface DetectorSpec extends ManifestModel {
  readonly kind: "detector";
  /** closed: it finds what it was trained for. written: what is written in a picture. open: whatever it is told. */
  readonly vocabulary: "closed" | "written" | "open";
}
