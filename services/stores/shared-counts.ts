import type { CacheConnection } from "./cache-connection.js";

/** Counts that all processes with the same cache keep together, each under a name and gone by itself. */
export class SharedCounts {
  readonly #open: () => Pick<CacheConnection, "addWithin" | "close">;
  readonly #namespace: string;
  #connection: Pick<CacheConnection, "addWithin" | "close"> | undefined;

  /** @param open is called with the first count: who counts nothing needs no connection. */
  constructor(namespace: string, open: () => Pick<CacheConnection, "addWithin" | "close">) {
    this.#namespace = namespace;
    this.#open = open;
  }

  /** @returns what it is then, and the milliseconds that it lives on. @throws CacheError */
  async add(name: string, amount: number, windowMs: number): Promise<{ used: number; leftMs: number }> {
    this.#connection ??= this.#open();
    const { sum, leftMs } = await this.#connection.addWithin(`${this.#namespace}:quota:${name}`, amount, windowMs);
    return { used: sum, leftMs };
  }

  close(): void {
    this.#connection?.close();
  }
}
