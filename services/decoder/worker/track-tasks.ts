import type { MaskRuns } from "../../../proto/rle.js";
import type { OpenPicture } from "../../sam/decode/decode-prompt.js";
import type { MaskDecoder } from "../../sam/decode/mask-decoder.js";
import { contentGrid, type Frame } from "../../sam/frame.js";
import { finishMask } from "../../sam/masks/decoded-mask.js";
import { maskLogits } from "../../sam/masks/mask-logits.js";
import { promptTokens } from "../../sam/prompts/prompt-tokens.js";
import { divide } from "../../sam/track/divide.js";
import type { Product } from "../../sam/track/labels/axes.js";
import { carryLabels } from "../../sam/track/labels/carry.js";
import type { CellGrid } from "../../sam/track/labels/nearest.js";
import { type Decode, paint, priorsOf } from "../../sam/track/labels/paint.js";
import { onMaskGrid } from "../../sam/track/labels/prior.js";
import type { Tokens } from "../../sam/track/labels/tokens.js";
import type { ComparedFrames } from "./compared-frames.js";
import type {
  CarriedObjects,
  CarryTask,
  DividedMasks,
  DivideTask,
  OtherPicture,
  PaintedMask,
  PaintTask,
} from "./decoder-tasks.js";

/** Rows and columns of the features' cells that hold the picture. @param side of their grid. */
const cellGrid = (frame: Frame, side: number): CellGrid => contentGrid({ ...frame, gridSize: side });

interface Carrying {
  frames: Pick<ComparedFrames, "of">;
  tokensOf: (picture: OtherPicture) => Tokens;
  product: Product;
  frame: Frame;
  /** Of the embedding's grid of features. */
  side: number;
}

/** Where the objects are in the picture, by what is known of others. */
export async function carry(
  task: CarryTask,
  { frames, tokensOf, product, frame, side }: Carrying,
): Promise<CarriedObjects> {
  const [reference] = task.memory;
  const grid = cellGrid(frame, side);
  if (!reference) {
    const nowhere = new Float32Array(frame.gridSize ** 2);
    return { objects: task.objects.map(() => ({ prior: nowhere, sureness: nowhere })), likeness: 0 };
  }
  const own = await frames.of(task, reference, { product, tokensOf });
  const memory = [];
  for (const one of task.memory) {
    memory.push({ cells: await frames.of(one, reference, { product, tokensOf }), everywhere: one.everywhere });
  }
  const objects = task.objects.map(({ id, known }) => ({
    id,
    known: known.map(({ frame: at, mask }) => ({ frame: at, labels: cellShares(mask, frame, side, grid) })),
  }));
  const { labels, sureness, likeness } = await carryLabels(product, grid, own, memory, objects);
  const priors = priorsOf(labels, grid, frame);
  const thought = priors.map((prior, at) => ({ prior, sureness: onMaskGrid(sureness[at]!, grid, frame) }));
  return { objects: thought, likeness };
}

/** One of the objects, painted; the mask of one that is alone is finished with it. */
export async function paintObject<Kept>(
  { object, isAlone }: PaintTask,
  decoder: MaskDecoder<Kept>,
  { kept, frame }: Pick<OpenPicture<Kept>, "kept" | "frame">,
): Promise<PaintedMask> {
  const decode: Decode = (prompt) => {
    const { mask } = prompt;
    const start = decoder.takesMasks && mask && "logits" in mask ? mask.logits : undefined;
    return decoder.decode(kept, promptTokens(prompt, frame, decoder.spec.tokens), start);
  };
  const painted = await paint(decode, object, frame);
  if (!isAlone || !painted.logits) return painted;
  const { mask } = finishMask({ ...painted, logits: painted.logits }, frame);
  return { ...painted, logits: undefined, mask };
}

/** Masks that share no pixel. */
export function divideMasks({ painted }: DivideTask, frame: Frame): DividedMasks {
  divide(painted.flatMap(({ logits }) => logits ?? []));
  return painted.map(({ logits, predictedIou }) => logits && finishMask({ logits, predictedIou }, frame).mask);
}

/** How much of each cell of the features' grid is the mask, 0 to 1: nothing where there is none. @returns float32 [rows * columns]. */
function cellShares(mask: MaskRuns | undefined, frame: Frame, side: number, { columns, rows }: CellGrid): Float32Array {
  if (!mask) return new Float32Array(columns * rows);
  // Logits of magnitude 1 are shares from -1 to 1.
  const logits = maskLogits(mask, { ...frame, gridSize: side }, 1);
  const shares = new Float32Array(columns * rows);
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++) shares[y * columns + x] = (logits[y * side + x]! + 1) / 2;
  }
  return shares;
}
