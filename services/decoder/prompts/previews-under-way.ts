import type { CheckedPrompt, PromptMask } from "../../sam/prompts/check-prompt.js";

/**
 * Previews that workers run at this moment. Who asks the same may wait for the end of one, which is near, instead of having it
 * run twice.
 */
export class PreviewsUnderWay {
  readonly #ends = new Map<string, Promise<void>>();

  /** @param key of the picture's embedding. @returns to be called when the worker is done with it. */
  begin(key: string, prompt: CheckedPrompt): () => void {
    const name = nameOf(key, prompt);
    let settle = () => {};
    const end = new Promise<void>((resolve) => {
      settle = resolve;
    });
    this.#ends.set(name, end);
    return () => {
      if (this.#ends.get(name) === end) this.#ends.delete(name);
      settle();
    };
  }

  /** The end of the preview that asks the same, while one runs; after `mostMs` of a worker that seems to hang no more. */
  same(key: string, prompt: CheckedPrompt, mostMs: number): Promise<void> | undefined {
    const end = this.#ends.size === 0 ? undefined : this.#ends.get(nameOf(key, prompt));
    if (!end) return undefined;
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, mostMs);
      void end.then(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
}

const nameOf = (key: string, { points, box, mask }: CheckedPrompt) =>
  JSON.stringify([key, points, box, mask && sampleOf(mask)]);

/** Enough to wait for the right one; the worker compares all values. */
const sampled = 256;

function sampleOf(mask: PromptMask): number[] {
  const values = "logits" in mask ? mask.logits : mask.picture.runs;
  const step = Math.max(1, Math.floor(values.length / sampled));
  return Array.from({ length: Math.ceil(values.length / step) }, (_, at) => values[at * step] as number);
}
