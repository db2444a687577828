import { LRUCache } from "lru-cache";
import { type EmbeddingRef, embeddingRef } from "../inference/models/embedding-ref.js";
import { isTenantName } from "../runtime/callers/tenant.js";
import type { EmbeddingStore, StoredEmbedding } from "./embedding-store.js";

/** Where it is noted who has an embedding. May throw: then it is not known. */
interface Notes {
  head(key: string, length: number): Promise<Uint8Array | undefined>;
  set(key: string, value: string, ttlMs: number): Promise<void>;
}

interface TwinsOptions {
  notes: Notes;
  embeddings: Pick<EmbeddingStore, "get">;
  namespace: string;
  ttlMs: number;
}

/** Of a tenant's name. */
const nameBytes = 64;

/** Pictures of which this process notes who has them, where nobody else needs to know. */
const notedHere = 10_000;

/** What several tenants have had encoded: the work of the one is the other's too. Who may see what, it has no say in. */
export class Twins {
  readonly #options: TwinsOptions;

  constructor(options: TwinsOptions) {
    this.#options = options;
  }

  /** The same embedding as another tenant has it, verified; undefined where none is known. Never throws. */
  async find(ref: EmbeddingRef): Promise<StoredEmbedding | undefined> {
    const { notes, embeddings } = this.#options;
    const noted = await notes.head(this.#noteOf(ref), nameBytes).catch(() => undefined);
    const tenant = noted && Buffer.from(noted).toString();
    if (!isTenantName(tenant) || tenant === ref.tenant) return undefined;
    return embeddings.get(embeddingRef({ ...ref, tenant }));
  }

  /** It is there, for whoever uploads the same. Never throws. */
  async note(ref: EmbeddingRef): Promise<void> {
    const { notes, ttlMs } = this.#options;
    if (ref.tenant !== undefined) await notes.set(this.#noteOf(ref), ref.tenant, ttlMs).catch(() => {});
  }

  #noteOf(ref: EmbeddingRef): string {
    return `${this.#options.namespace}:twin:${embeddingRef({ ...ref, tenant: undefined }).key}`;
  }
}

/** Notes in this process's memory. */
export function notesHere(ttlMs: number): Notes {
  const notes = new LRUCache<string, string>({ max: notedHere, ttl: ttlMs });
  return {
    head: async (key) => {
      const found = notes.get(key);
      return found === undefined ? undefined : Buffer.from(found);
    },
    set: async (key, value) => void notes.set(key, value),
  };
}
