import { encodeHalf } from "../../../proto/half-float.js";
import { encodeCounts } from "../../../proto/rle.js";
import type { ModelSpec } from "../../inference/models/manifest.js";
import { embeddingTensors, modelFrame } from "../../inference/models/model-tensors.js";
import { stabilityScore } from "../../sam/masks/stability-score.js";
import { traceMask } from "../../sam/masks/trace-mask.js";
import { promptTokens } from "../../sam/prompts/prompt-tokens.js";
import type { LoadedDecoder } from "../graphs/load-decoder-graph.js";

/** Enough for the engine to compile the hot functions. */
const maskRuns = 20;

/** The first runs allocate, and the code from logits to mask is compiled: done before the service says it is ready. */
export async function warmUp(decoder: LoadedDecoder, model: ModelSpec): Promise<void> {
  const frame = modelFrame(model, { width: 1500, height: 1000 });
  const side = frame.gridSize;
  const disc = Float32Array.from({ length: side ** 2 }, (_, cell) => {
    const [x, y] = [cell % side, Math.floor(cell / side)];
    return side / 6 - Math.hypot(x - side / 2, y - side / 3);
  });
  const tokens = promptTokens({ points: [{ x: 750, y: 500, label: 1 }] }, frame, decoder.wide.spec.tokens);
  const embedding = embeddingTensors(model).map(({ dims }) => ({
    data: new Float32Array(dims.reduce((a, b) => a * b, 1)),
    dims,
  }));
  for (const width of ["wide", "narrow"] as const) {
    const kept = await decoder[width].prepare(embedding);
    for (const start of decoder[width].takesMasks ? [undefined, disc] : [undefined])
      await decoder[width].decode(kept, tokens, start);
  }
  for (let run = 0; run < maskRuns; run++) {
    encodeCounts(traceMask(disc, frame).runs);
    stabilityScore(disc, frame);
    encodeHalf(disc);
  }
}
