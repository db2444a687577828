import type { BlobStore } from "../blob-store.js";
import { CacheConnection } from "../cache-connection.js";
import type { CacheServer } from "../cache-link.js";
import { parseCacheUrl } from "../cache-url.js";
import type { BreakerState } from "../circuit-breaker.js";
import type { KeyvStoreOptions } from "../keyv-store.js";
import { createRedisStore } from "../redis-store.js";

/** A connection whose nodes' states a test can wait for. */
export class TestConnection extends CacheConnection {
  readonly #changes: EventTarget;
  /** Every state that a node has changed to, in order. */
  readonly states: { node: string; state: BreakerState; error: unknown }[];

  constructor(server: CacheServer, timeoutMs = 5_000) {
    const changes = new EventTarget();
    const states: TestConnection["states"] = [];
    super({
      server,
      timeoutMs,
      onNode: (node, state, error) => {
        states.push({ node, state, error });
        changes.dispatchEvent(new Event("change"));
      },
    });
    this.#changes = changes;
    this.states = states;
  }

  /** Resolves when every node is in this state. */
  async until(state: BreakerState): Promise<void> {
    while (this.nodes.some((node) => node.state !== state)) {
      await this.changed();
    }
  }

  /** Resolves with the next change. */
  async changed(): Promise<void> {
    await new Promise((resolve) => this.#changes.addEventListener("change", resolve, { once: true }));
  }
}

export function serverOf(url: string, changes: Partial<CacheServer> = {}): CacheServer {
  const sentinelLogin = { username: undefined, password: undefined };
  return { ...parseCacheUrl(url), certificates: {}, sentinelLogin, ...changes };
}

/** A store with a connection of its own, which is there already and ends with the store. */
export async function openConnectedStore(server: CacheServer, options: KeyvStoreOptions): Promise<BlobStore> {
  const connection = new TestConnection(server);
  await connection.until("closed");
  const store = createRedisStore(connection, options);
  return {
    get: (key, mostBytes) => store.get(key, mostBytes),
    head: (key, length) => store.head(key, length),
    set: (key, bytes) => store.set(key, bytes),
    has: (key) => store.has(key),
    delete: (key) => store.delete(key),
    forget: (prefix) => store.forget(prefix),
    close: async () => {
      await store.close();
      connection.close();
    },
  };
}
