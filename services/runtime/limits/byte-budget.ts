import { overloaded } from "../errors.js";

/** What a budget's holder gives back. Both are safe to call after `release`. */
export interface Held {
  readonly bytes: number;
  /** Changes how much is held. @throws ServiceError RESOURCE_EXHAUSTED when there is no room; what was held stays held. */
  resize(bytes: number): void;
  /** Gives everything back; safe to call twice. */
  release(): void;
}

interface ByteBudgetOptions {
  /** As in metrics: `uploads`, `waiting`, `unsent`. */
  name: string;
  limitBytes: number;
  /** What a person is told when there is no room: one sentence. */
  refusal: string;
  retryAfterMs: number;
}

/** Bytes that many may hold at the same time, together at most so many: who finds no room is refused at the door. */
export class ByteBudget {
  readonly name: string;
  readonly limitBytes: number;
  readonly #options: ByteBudgetOptions;
  #usedBytes = 0;
  #refusals = 0;

  constructor(options: ByteBudgetOptions) {
    this.name = options.name;
    this.limitBytes = options.limitBytes;
    this.#options = options;
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  /** How often there was no room. */
  get refusals(): number {
    return this.#refusals;
  }

  hasRoom(bytes: number): boolean {
    return this.#usedBytes + bytes <= this.limitBytes;
  }

  /** @throws ServiceError RESOURCE_EXHAUSTED when there is no room for `bytes`. */
  hold(bytes: number): Held {
    this.#take(bytes);
    let held = bytes;
    let isHeld = true;
    return {
      get bytes() {
        return held;
      },
      resize: (wanted) => {
        if (!isHeld) return;
        this.#take(wanted - held);
        held = wanted;
      },
      release: () => {
        if (!isHeld) return;
        isHeld = false;
        this.#usedBytes -= held;
        held = 0;
      },
    };
  }

  #take(bytes: number): void {
    if (bytes > 0 && !this.hasRoom(bytes)) {
      this.#refusals++;
      throw overloaded(this.#options.refusal, this.#options.retryAfterMs);
    }
    this.#usedBytes += bytes;
  }
}
