/** What is waited for at the moment, in words: what did not come is told when a scenario does not end. */
export class Waits {
  readonly #words = new Set<() => string>();

  /** @param words asked for when they are told, so that they may say how far it is. */
  async during<T>(words: () => string, work: Promise<T>): Promise<T> {
    // Each its own, also two with the same words.
    const entry = () => words();
    this.#words.add(entry);
    try {
      return await work;
    } finally {
      this.#words.delete(entry);
    }
  }

  toString(): string {
    return [...this.#words].map((words) => words()).join(", ") || "nothing";
  }
}
