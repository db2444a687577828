/** So many of a caller's prompts may be under way whatever their decoders say: one that is worked on, and some behind it. */
const leastUnderWay = 4;

/** What an answer says of its decoder, in milliseconds: how long the prompt waited there, and how long it was worked on. */
export interface DecoderTimes {
  queueMs: number;
  workMs: number;
}

/**
 * The turns of one caller's prompts, or of all those of a tenant's. As many are under way as the decoders have use for: one that waits there longer than it is
 * worked on says that they are too many, one that waits less than half as long that they might be more.
 */
export class CallerTurns {
  readonly #mayHaveAll: () => boolean;
  readonly #clicks = new Set<() => void>();
  readonly #previews = new Set<() => void>();
  #most = leastUnderWay;
  #underWay = 0;

  /** @param mayHaveAll asked each time: nobody else is there whom it would hold up. */
  constructor(mayHaveAll: () => boolean) {
    this.#mayHaveAll = mayHaveAll;
  }

  get isIdle(): boolean {
    return this.#underWay === 0 && this.#clicks.size + this.#previews.size === 0;
  }

  /** Calls `begin` when it is its turn, at once or later; clicks go first. @returns leaves the line again, of no effect after. */
  enter(isPreview: boolean, begin: () => void): () => void {
    const line = isPreview ? this.#previews : this.#clicks;
    line.add(begin);
    this.#go();
    return () => line.delete(begin);
  }

  /** One that has begun is over. @param times undefined when there was no answer. */
  end(times: DecoderTimes | undefined): void {
    if (times) this.#learn(times);
    this.#underWay--;
    this.#go();
  }

  #learn({ queueMs, workMs }: DecoderTimes): void {
    if (queueMs > workMs) this.#most = Math.max(leastUnderWay, Math.min(this.#most, this.#underWay) - 1);
    else if (2 * queueMs < workMs && this.#underWay >= this.#most) this.#most++;
  }

  #go(): void {
    for (;;) {
      if (this.#underWay >= this.#most && !this.#mayHaveAll()) return;
      const [begin] = this.#clicks.size > 0 ? this.#clicks : this.#previews;
      if (!begin) return;
      this.#clicks.delete(begin);
      this.#previews.delete(begin);
      this.#underWay++;
      begin();
    }
  }
}
