import type { MaskRuns } from "../../../proto/rle.js";
import type { OpenPicture } from "../../sam/decode/decode-prompt.js";
import type { MaskDecoder } from "../../sam/decode/mask-decoder.js";
import type { Frame } from "../../sam/frame.js";
import { finishMask } from "../../sam/masks/decoded-mask.js";
import { maskLogits } from "../../sam/masks/mask-logits.js";
import { promptTokens } from "../../sam/prompts/prompt-tokens.js";
import { propagate, type TrackRunner } from "../../sam/track/propagate.js";
import type { Tokens } from "../../sam/track/tokens.js";
import type { OtherPicture, PropagatedMask, PropagatedMasks, PropagateTask } from "./decoder-tasks.js";

interface Surroundings<Kept> {
  decoder: MaskDecoder<Kept>;
  picture: Pick<OpenPicture<Kept>, "kept" | "frame">;
  /** Of the embedding's grid of features. */
  side: number;
  tokens: (picture: OtherPicture) => Tokens;
  cosines: TrackRunner["cosines"];
}

/** Objects of other pictures of a video -> their masks in this one. */
export async function propagateMasks<Kept>(
  task: PropagateTask,
  { decoder, picture, side, tokens, cosines }: Surroundings<Kept>,
): Promise<PropagatedMasks> {
  const { kept, frame } = picture;
  const runner: TrackRunner = {
    cosines,
    decode: (prompt) => {
      const { mask } = prompt;
      const start = decoder.takesMasks && mask && "logits" in mask ? mask.logits : undefined;
      return decoder.decode(kept, promptTokens(prompt, frame, decoder.spec.tokens), start);
    },
  };
  const own = tokens(task);
  const memory = task.memory.map((one) => ({ tokens: tokens(one), everywhere: one.everywhere }));
  const objects = task.objects.map(({ id, known }) => ({
    id,
    known: known.map(({ frame: at, mask }) => ({ frame: at, labels: cellShares(mask, frame, side, own) })),
  }));
  const found = await propagate(runner, { tokens: own, frame }, memory, objects);
  return {
    likeness: found.likeness,
    objects: found.objects.map(({ id, state, logits, predictedIou, agreement }): PropagatedMask => {
      const mask = logits && finishMask({ logits, predictedIou }, frame).mask;
      return { id, state, agreement, mask };
    }),
  };
}

/** How much of each cell of the features' grid is the mask, 0 to 1. @returns float32 [rows * columns]. */
function cellShares(mask: MaskRuns, frame: Frame, side: number, { columns, rows }: Tokens): Float32Array {
  // Logits of magnitude 1 are shares from -1 to 1.
  const logits = maskLogits(mask, { ...frame, gridSize: side }, 1);
  const shares = new Float32Array(columns * rows);
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++) shares[y * columns + x] = (logits[y * side + x]! + 1) / 2;
  }
  return shares;
}
