import type { Logger } from "../logger.js";
import { Counter, Gauge, type Registry } from "../metrics.js";
import type { Settings } from "../settings.js";
import type { BlobStore } from "./blob-store.js";
import { CacheConnection } from "./cache-connection.js";
import { CacheError } from "./cache-error.js";
import type { BreakerState } from "./circuit-breaker.js";
import { EmbeddingStore } from "./embedding-store.js";
import { LayeredStore } from "./layered-store.js";
import { createMemoryStore } from "./memory-store.js";
import { createRedisStore } from "./redis-store.js";

export interface Stores {
  embeddings: EmbeddingStore;
  /** Uploaded files by image id. */
  images: BlobStore;
  /** The one connection to the shared cache; undefined when everything is kept in this process. */
  connection: CacheConnection | undefined;
  /** False while the shared cache does not answer: what is not found may be known to another process. */
  isCacheUp(): boolean;
  close(): Promise<void>;
}

/** The embedding store and the image store, in this process or shared, as the settings say. */
export function openStores(settings: Settings["cache"], metrics: Registry, logger: Logger): Stores {
  const connection = openConnection(settings, metrics, logger);
  const failures = new Counter({
    name: "maskwire_cache_errors_total",
    help: "Cache commands without an answer, by reason; the system went on without the cache",
    labelNames: ["store", "operation", "reason"],
    registers: [metrics],
  });
  const open = (store: "embedding" | "image", maxBytes: number): { blobs: BlobStore; layers?: LayeredStore } => {
    const options = {
      namespace: `${settings.namespace}:${store}`,
      ttlMs: settings.ttlMs,
      events: {
        onError: (operation: string, error: unknown) =>
          failures.inc({ store, operation, reason: error instanceof CacheError ? error.kind : "refused" }),
      },
    };
    if (!connection) return { blobs: createMemoryStore(maxBytes, options) };
    const shared = createRedisStore(connection, options);
    if (settings.hereToo === "nothing") return { blobs: shared };
    const layers = new LayeredStore(createMemoryStore(maxBytes, options), shared);
    return { blobs: layers, layers };
  };
  const embeddings = open("embedding", settings.embeddingBytes);
  const images = open("image", settings.imageBytes);
  // In one process every tier sees what it keeps: nothing is out of another's reach.
  const sharing = settings.hereToo === "own" ? embeddings.layers : undefined;
  return {
    embeddings: new EmbeddingStore(embeddings.blobs, metrics, logger, sharing),
    images: images.blobs,
    connection,
    isCacheUp: () => connection?.nodes.every(({ state }) => state === "closed") ?? true,
    close: async () => {
      await Promise.all([embeddings.blobs.close(), images.blobs.close()]);
      connection?.close();
    },
  };
}

const stateValues: Record<BreakerState, number> = { closed: 0, "half-open": 1, open: 2 };

function openConnection(settings: Settings["cache"], metrics: Registry, logger: Logger): CacheConnection | undefined {
  // Declared before the gauges: they are read where there is no shared cache, too.
  let connection: CacheConnection | undefined;
  new Gauge({
    name: "maskwire_cache_breaker_state",
    help: "Circuit breaker of a cache node: 0 closed (it is used), 1 half-open (it is being tried), 2 open",
    labelNames: ["node"],
    registers: [metrics],
    collect() {
      this.reset();
      for (const { name, state } of connection?.nodes ?? []) this.set({ node: name }, stateValues[state]);
    },
  });
  new Gauge({
    name: "maskwire_cache_up",
    help: "Share of the cache's nodes that answer: 1 all, 0 none; while it is 0 the system goes on without the cache",
    registers: [metrics],
    collect() {
      const states = connection?.nodes ?? [];
      const answering = states.filter(({ state }) => state === "closed").length;
      this.set(states.length === 0 ? 1 : answering / states.length);
    },
  });
  if (!settings.server) return undefined;
  const lost = new Set<string>();
  connection = new CacheConnection({
    server: settings.server,
    timeoutMs: settings.timeoutMs,
    // The log tells the change, not every command that fails meanwhile: those the counter has.
    onNode(node, state, err) {
      if (state === "closed") {
        logger.info({ node }, lost.delete(node) ? "cache is back" : "cache is there");
      } else if (state === "open" && err && !lost.has(node)) {
        lost.add(node);
        logger.warn({ err, node }, "cache is lost; going on without it");
      }
    },
  });
  return connection;
}
