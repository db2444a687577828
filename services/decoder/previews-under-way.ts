import type { CheckedPrompt } from "../sam/prompts/check-prompt.js";

/**
 * Previews that workers run at this moment. Who asks the same waits for the end of one, which is near, instead of having it
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

  /** The end of the preview that asks the same, while one runs. */
  same(key: string, prompt: CheckedPrompt): Promise<void> | undefined {
    return this.#ends.size === 0 || prompt.mask ? undefined : this.#ends.get(nameOf(key, prompt));
  }
}

/** With a mask too it is that of the points and the box: the worker sees that it is not the same. */
const nameOf = (key: string, { points, box }: CheckedPrompt) => JSON.stringify([key, points, box]);
