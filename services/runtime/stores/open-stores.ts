import type { Logger } from "../logger.js";
import { Counter, type Registry } from "../metrics.js";
import type { Settings } from "../settings.js";
import type { BlobStore, StoreEvents } from "./blob-store.js";
import { EmbeddingStore } from "./embedding-store.js";
import { createMemoryStore } from "./memory-store.js";
import { createRedisStore } from "./redis-store.js";

export interface Stores {
  embeddings: EmbeddingStore;
  /** Uploaded files by image id. */
  images: BlobStore;
  close(): Promise<void>;
}

/** The embedding store and the image store, in this process or shared, as the settings say. */
export function openStores(settings: Settings["cache"], metrics: Registry, logger: Logger): Stores {
  const failures = new Counter({
    name: "maskwire_cache_errors_total",
    help: "Cache commands that failed or came too late; the system went on without the cache",
    labelNames: ["store", "operation"],
    registers: [metrics],
  });
  const open = (store: "embedding" | "image", maxBytes: number): BlobStore => {
    const events: StoreEvents = {
      onError(operation, error) {
        failures.inc({ store, operation });
        logger.warn({ err: error, store, operation }, "cache did not answer; going on without it");
      },
    };
    const namespace = `${settings.namespace}:${store}`;
    const options = { namespace, ttlMs: settings.ttlMs, timeoutMs: settings.timeoutMs, events };
    return settings.url ? createRedisStore(settings.url, options) : createMemoryStore(maxBytes, options);
  };
  const embeddings = open("embedding", settings.embeddingBytes);
  const images = open("image", settings.imageBytes);
  return {
    embeddings: new EmbeddingStore(embeddings, metrics, logger),
    images,
    close: async () => {
      await Promise.all([embeddings.close(), images.close()]);
    },
  };
}
