import { type DBSchema, openDB } from "idb";
import type { Outbox } from "./outbox.js";

/** What of an outbox outlives the page. */
type Kept = Pick<Outbox, "entries" | "known" | "conflicts">;

interface Schema extends DBSchema {
  unsent: { key: string; value: Kept };
}

/** Of its own for every folder of an origin, since another Maskwire may be served beside this one. */
const databaseName = () => `maskwire-datasets:${new URL(".", document.baseURI).pathname}`;

/**
 * Keeps what is not sent yet in the browser: of each page by itself, since two windows may work on a data set. What a page
 * that is gone has left is taken over by the next one.
 */
export class OutboxStore {
  readonly #prefix: string;
  readonly #key: string;

  /** @param dataset whose changes they are. */
  constructor(dataset: string) {
    this.#prefix = `${dataset}/`;
    this.#key = `${this.#prefix}${crypto.randomUUID()}`;
    // As long as this page lives nobody else takes over what it keeps.
    void navigator.locks?.request(this.#lockOf(this.#key), () => new Promise(() => {}));
  }

  async write({ entries, known, conflicts }: Outbox): Promise<void> {
    const db = await this.#open();
    const isEmpty = entries.length === 0 && conflicts.length === 0;
    // Only what entries are about is of use to another page.
    const refs = new Set([...entries, ...conflicts.map(({ entry }) => entry)].map(({ ref }) => ref));
    const about = new Map([...known].filter(([ref]) => refs.has(ref)));
    if (isEmpty) await db.delete("unsent", this.#key);
    else await db.put("unsent", { entries, known: about, conflicts }, this.#key);
    db.close();
  }

  /** What pages that are gone have left. */
  async takeOver(): Promise<readonly Kept[]> {
    const db = await this.#open();
    const left: Kept[] = [];
    for (const key of await db.getAllKeys("unsent")) {
      if (!key.startsWith(this.#prefix) || key === this.#key || (await this.#isHeld(key))) continue;
      const kept = await db.get("unsent", key);
      if (kept !== undefined) left.push(kept);
      await db.delete("unsent", key);
    }
    db.close();
    return left;
  }

  #open() {
    return openDB<Schema>(databaseName(), 1, { upgrade: (fresh) => void fresh.createObjectStore("unsent") });
  }

  async #isHeld(key: string): Promise<boolean> {
    const { held = [] } = (await navigator.locks?.query()) ?? {};
    return held.some(({ name }) => name === this.#lockOf(key));
  }

  #lockOf(key: string): string {
    return `${databaseName()}/${key}`;
  }
}
