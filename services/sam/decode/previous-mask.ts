import { decodeHalf, encodeHalf } from "../../../proto/half-float.js";
import type { PreviousMask, PreviousStep } from "../../../proto/index.js";
import type { ChosenMask } from "../masks/candidates.js";

/** Half floats of a mask's logits, as they travel and as they are kept: what starts from them is the same bit for bit. */
type Halves = Uint16Array<ArrayBuffer>;

/** The logits of a picture's latest answers, by their sequence numbers. */
export class KeptAnswers {
  readonly #most: number;
  readonly #logits = new Map<number, readonly Halves[]>();

  /** @param most answers that are kept. */
  constructor(most: number) {
    this.#most = most;
  }

  keep(sequence: number, logits: readonly Halves[]): void {
    this.#logits.delete(sequence);
    this.#logits.set(sequence, logits);
    const [oldest] = this.#logits.keys();
    if (this.#logits.size > this.#most && oldest !== undefined) this.#logits.delete(oldest);
  }

  of(sequence: number, mask: number): Halves | undefined {
    return this.#logits.get(sequence)?.[mask];
  }
}

/** A `previous` that leads to no mask: one sentence. */
export class PreviousError extends Error {
  override readonly name = "PreviousError";
}

/**
 * The logits that a `previous` stands for: kept, or made again from its steps (C8).
 * @param options `mostSteps`: of more it is not made again; 0 for what is not worth them. `decode`: a step's masks, from the
 *   logits of the step's before, where there is one.
 * @returns float32 [gridSize, gridSize]. @throws PreviousError when nothing leads to them; whatever `decode` throws.
 */
export async function previousLogits(
  { sequence, mask, steps }: PreviousMask,
  answers: KeptAnswers,
  {
    mostSteps,
    decode,
  }: {
    mostSteps: number;
    decode: (step: PreviousStep, start: Float32Array | undefined) => Promise<readonly ChosenMask[]>;
  },
): Promise<Float32Array> {
  if (sequence === undefined) throw new PreviousError("`previous` does not say which answer it means.");
  // A mask that was made finer is not the one that was answered here, nor is a part's embedding here to make it again.
  const isFiner = (step: PreviousStep | undefined) => step?.crop !== undefined;
  const kept = isFiner(steps.at(-1)) ? undefined : answers.of(sequence, mask);
  if (kept) return decodeHalf(kept);
  if (steps.some(isFiner)) throw new PreviousError("The mask was made finer on a part of the picture.");
  if (steps.length > mostSteps) throw new PreviousError("The steps to the mask are too many.");
  let start: Float32Array | undefined;
  for (const [index, step] of steps.entries()) {
    const made = await decode(step, start);
    const chosen = made[index === steps.length - 1 ? mask : step.mask];
    if (!chosen) throw new PreviousError("The steps do not lead to the mask.");
    start = decodeHalf(encodeHalf(chosen.logits));
  }
  if (!start) throw new PreviousError("The mask is not kept, and no steps lead to it.");
  return start;
}
