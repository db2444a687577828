/** What a format could not say as it was, with how often. */
export class Notes {
  readonly #counts = new Map<string, { unit: string; count: number }>();

  /** @param unit what is counted, in the singular. */
  add(what: string, unit: string, count = 1): void {
    const known = this.#counts.get(what);
    if (known) known.count += count;
    else this.#counts.set(what, { unit, count });
  }

  sentences(): string[] {
    return [...this.#counts].map(([what, { unit, count }]) => `${what}: ${count} ${unit}${count === 1 ? "" : "s"}.`);
  }
}
