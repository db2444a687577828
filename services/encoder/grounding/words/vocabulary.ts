/** One thing that words mean, in a detector's own terms. */
export interface Meaning {
  readonly label: string;
  /** How it was understood: "name", or "alias" and the word that means it. */
  readonly via: string;
}

/** All that a detector of a closed vocabulary finds, and the words for it. */
export class Vocabulary {
  readonly labels: readonly string[];
  /** Other words, as they are written, and what they mean. */
  readonly aliases: ReadonlyMap<string, readonly string[]>;
  readonly #meanings = new Map<string, readonly Meaning[]>();

  /** @param aliases words for a label or several; where a word stands twice the first counts, and a label is always itself. */
  constructor(labels: readonly string[], aliases: Iterable<readonly [word: string, labels: readonly string[]]>) {
    this.labels = labels;
    for (const label of labels) this.#meanings.set(label, [{ label, via: "name" }]);
    const others = new Map<string, readonly string[]>();
    for (const [word, means] of aliases) {
      if (this.#meanings.has(word)) continue;
      others.set(word, means);
      this.#meanings.set(
        word,
        means.map((label) => ({ label, via: `alias ${word}` })),
      );
    }
    this.aliases = others;
  }

  /** What a word means, as it is written; empty when it is not known. */
  meaningOf(word: string): readonly Meaning[] {
    return this.#meanings.get(word) ?? [];
  }

  /** Every word that is known. */
  words(): Iterable<string> {
    return this.#meanings.keys();
  }
}
