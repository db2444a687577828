import { z } from "zod";
import { modelFile } from "./manifest-forms.js";

/*
 * Files of detectors that find whatever they are told: graphs, what a graph has outside of itself, and the numbers of words.
 */

const tokenizer = modelFile.describe(
  "A tokenizer.json as Hugging Face writes it, or CLIP's own bpe_simple_vocab_16e6.txt.gz.",
);

export const oneGraph = z.strictObject({ graph: modelFile, graphData: modelFile.optional(), tokenizer });

export const twoGraphs = z.strictObject({ text: modelFile, image: modelFile, tokenizer });

export const threeGraphs = z.strictObject({
  image: modelFile,
  imageData: modelFile.optional(),
  language: modelFile,
  languageData: modelFile.optional(),
  decoder: modelFile,
  tokenizer,
});
