import { ByteBudget, type Held } from "../../services/runtime/limits/byte-budget.js";

/** A session as far as its unsent bytes go. */
export interface Reader {
  /** It does not read what it asked for, and others need the room. */
  cutOff(): void;
}

const noRetryMs = 1000;

/** Bytes of answers that were handed to connections and have not left, of all sessions together. */
export class UnsentBytes {
  readonly budget: ByteBudget;
  readonly #held = new Map<Reader, Held>();

  constructor(limitBytes: number) {
    const refusal = "Too many answers are unread in all sessions together.";
    this.budget = new ByteBudget({ name: "unsent", limitBytes, refusal, retryAfterMs: noRetryMs });
  }

  /**
   * Before bytes are handed over. When there is no room, those with the most unsent bytes are cut off until there is.
   * @returns to be called when they have left; undefined when the session itself was the one to be cut off.
   */
  hold(reader: Reader, bytes: number): (() => void) | undefined {
    while (!this.budget.hasRoom(bytes)) {
      const slowest = this.#slowest(reader, bytes);
      this.forget(slowest);
      slowest.cutOff();
      if (slowest === reader) return undefined;
    }
    const held = this.#held.get(reader);
    if (held) held.resize(held.bytes + bytes);
    else this.#held.set(reader, this.budget.hold(bytes));
    const own = this.#held.get(reader);
    return () => {
      if (own && own.bytes > 0) own.resize(own.bytes - bytes);
    };
  }

  /** The session is closed, or about to be: what it holds is not waited for. */
  forget(reader: Reader): void {
    this.#held.get(reader)?.release();
    this.#held.delete(reader);
  }

  #slowest(reader: Reader, bytes: number): Reader {
    let [slowest, most] = [reader, (this.#held.get(reader)?.bytes ?? 0) + bytes];
    for (const [one, held] of this.#held) if (held.bytes > most) [slowest, most] = [one, held.bytes];
    return slowest;
  }
}
