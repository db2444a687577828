import type { Health } from "../peers/peer.js";

type Word = "SERVING" | "NOT_SERVING" | "lost";

/** Health of peers that are not there, as a test tells it. A peer that is lost is back when `say` says so. */
export class ScriptedHealth implements Health {
  readonly #words = new Map<string, Word>();
  readonly #watching = new Map<string, Set<() => void>>();
  readonly #initial: Word;

  constructor(initial: Word = "SERVING") {
    this.#initial = initial;
  }

  say(address: string, word: Word): void {
    this.#words.set(address, word);
    for (const wake of this.#watching.get(address) ?? []) wake();
  }

  /** Whether peers answer when they are asked; until a test says otherwise they hang. */
  ping: Health["ping"] = async () => false;
  readonly watch: Health["watch"] = (client, signal) => this.#follow(client.address, signal);

  async *#follow(address: string, signal: AbortSignal): AsyncGenerator<"SERVING" | "NOT_SERVING"> {
    let wake = () => {};
    const watching = this.#watching.get(address) ?? new Set();
    this.#watching.set(address, watching);
    const called = () => wake();
    watching.add(called);
    signal.addEventListener("abort", called);
    let said: Word | undefined;
    try {
      while (!signal.aborted) {
        const word = this.#words.get(address) ?? this.#initial;
        if (word === "lost") throw new Error("lost");
        const next = new Promise<void>((resolve) => {
          wake = resolve;
        });
        if (word !== said) yield word;
        said = word;
        await next;
      }
    } finally {
      watching.delete(called);
    }
  }
}

/** Resolves when the condition holds; looked at after each turn of the event loop. The test's own limit ends the wait. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}
