import type { Update } from "./state/video-state.js";
import type { VideoOutlet } from "./video.js";

/** A video's answers for who asks for one after the other: what is not taken yet holds the video up. */
export class Updates implements VideoOutlet {
  readonly #untaken: Update[] = [];
  #onUpdate: (() => void) | undefined;
  #caughtUp: (() => void)[] = [];

  send(_sequence: number, update: Update): Promise<void> {
    this.#untaken.push(update);
    this.#onUpdate?.();
    return new Promise((resolve) => this.#caughtUp.push(resolve));
  }

  /** The next, when it is there. @throws the signal's reason when that aborts before. */
  async next(signal: AbortSignal): Promise<Update> {
    signal.throwIfAborted();
    if (this.#untaken.length === 0) {
      for (const resolve of this.#caughtUp.splice(0)) resolve();
      await new Promise<void>((resolve, reject) => {
        const leave = () => reject(signal.reason);
        signal.addEventListener("abort", leave, { once: true });
        this.#onUpdate = () => {
          signal.removeEventListener("abort", leave);
          resolve();
        };
      });
      this.#onUpdate = undefined;
    }
    return this.#untaken.shift() as Update;
  }
}
