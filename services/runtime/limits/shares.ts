/** A caller's part may be this many times what is free: alone it leaves a quarter, many of them leave less. */
const mostOfFree = 3;

/**
 * Places that callers share without numbers of their own: whoever holds more than three times what is free gets no more (the
 * dynamic thresholds of shared-memory switches). Nobody is held back while much is free, a lone caller leaves a quarter for
 * those who come, and who holds nothing is refused only when nothing is left.
 */
export class Shares {
  readonly capacity: number;
  readonly #held = new Map<string, number>();
  #used = 0;

  constructor(capacity: number) {
    this.capacity = capacity;
  }

  get used(): number {
    return this.#used;
  }

  heldBy(caller: string): number {
    return this.#held.get(caller) ?? 0;
  }

  /** Why a caller would get no more now: nothing is left, or its own part is used up. */
  refusal(caller: string, weight = 1): "full" | "share" | undefined {
    const free = this.capacity - this.#used;
    if (weight > free) return "full";
    return this.heldBy(caller) >= mostOfFree * free ? "share" : undefined;
  }

  /** Takes a place, whatever `refusal` says of it. @returns gives it back; safe to call twice. */
  take(caller: string, weight = 1): () => void {
    this.#add(caller, weight);
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      this.#add(caller, -weight);
    };
  }

  #add(caller: string, weight: number): void {
    this.#used += weight;
    const held = this.heldBy(caller) + weight;
    if (held > 0) this.#held.set(caller, held);
    else this.#held.delete(caller);
  }
}
