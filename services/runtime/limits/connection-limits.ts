/** How many connections there may be at once: of all peers together, and of those at one address. */
export class ConnectionLimits {
  readonly #total: number;
  readonly #perAddress: number;
  readonly #open = new Map<string, number>();
  #count = 0;

  constructor({ total, perAddress }: { total: number; perAddress: number }) {
    this.#total = total;
    this.#perAddress = perAddress;
  }

  get count(): number {
    return this.#count;
  }

  /** One more. @returns to be called once, when it is closed; undefined when there are too many. */
  enter(address: string): (() => void) | undefined {
    const here = this.#open.get(address) ?? 0;
    if (this.#count >= this.#total || here >= this.#perAddress) return undefined;
    this.#count++;
    this.#open.set(address, here + 1);
    return () => {
      this.#count--;
      const left = (this.#open.get(address) ?? 0) - 1;
      if (left > 0) this.#open.set(address, left);
      else this.#open.delete(address);
    };
  }
}
