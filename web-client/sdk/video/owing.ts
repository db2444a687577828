/** With an answer owed and nothing heard for so long, the service is asked for a sign of life; after as long again it is gone. */
const silentMs = 15_000;

interface OwingOptions {
  /** Asks for a sign of life. @returns the number that its answer carries. */
  readonly ask: () => number;
  readonly onSilence: () => void;
}

/**
 * What a session owes answers for. A network that is gone closes no connection for minutes, and work may be as slow: only a
 * question that is answered at once tells the one from the other.
 */
export class Owing {
  readonly #options: OwingOptions;
  readonly #owed = new Set<number>();
  #asked: number | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: OwingOptions) {
    this.#options = options;
  }

  sent(sequence: number): void {
    this.#owed.add(sequence);
    this.#timer ??= setTimeout(() => this.#silent(), silentMs);
  }

  /** Something has come. */
  heard(): void {
    clearTimeout(this.#timer);
    this.#timer = this.#owed.size > 0 ? setTimeout(() => this.#silent(), silentMs) : undefined;
  }

  /** @returns whether that was but the sign of life. */
  answered(sequence: number): boolean {
    this.#owed.delete(sequence);
    const isSign = sequence === this.#asked;
    if (isSign) this.#asked = undefined;
    this.heard();
    return isSign;
  }

  forget(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#owed.clear();
    this.#asked = undefined;
  }

  #silent(): void {
    this.#timer = undefined;
    if (this.#asked !== undefined) {
      this.#options.onSilence();
      return;
    }
    this.#asked = this.#options.ask();
    this.sent(this.#asked);
  }
}
