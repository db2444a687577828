import type { MaskRuns } from "../../../proto/index.js";
import { bitmapToRle } from "../../../proto/rle-bitmap.js";
import { imageTensor, modelFrame } from "../../../services/inference/models/model-tensors.js";
import type { KeptTensors } from "../../../services/inference/models/session-runner.js";
import type { Frame } from "../../../services/sam/frame.js";
import { type Tokens, tokensOf } from "../../../services/sam/track/labels/tokens.js";
import type { Engine } from "./engine.js";
import { maskOf, type Sequence } from "./sequence.js";

/** A sequence whose frames are encoded. */
export interface OpenSequence {
  readonly sequence: Sequence;
  readonly frame: Frame;
  /** Of the embedding's grid of features. */
  readonly side: number;
  readonly tokens: (frame: number) => Tokens;
  /** A frame ready to be decoded; the last that was asked for is kept. */
  readonly prepared: (frame: number) => Promise<KeptTensors>;
  /** Of object 1, 2 and so on. */
  readonly truth: (frame: number, object: number) => MaskRuns;
}

export async function openSequence({ embeddings, model, decoder }: Engine, sequence: Sequence): Promise<OpenSequence> {
  const { width, height, frames } = sequence;
  const { side, dims } = imageTensor(model);
  const frame = modelFrame(model, sequence);
  const values: Float32Array[] = [];
  for (const { bytes } of frames) values.push(await embeddings.of(bytes));
  let last: { at: number; kept: Promise<KeptTensors> } | undefined;
  return {
    sequence,
    frame,
    side,
    tokens: (at) => tokensOf({ values: values[at]!, side }, frame),
    prepared: (at) => {
      if (last?.at !== at) last = { at, kept: decoder.wide.prepare([{ data: values[at]!, dims }]) };
      return last.kept;
    },
    truth: (at, object) => bitmapToRle(maskOf(frames[at]!, object), width, height),
  };
}
