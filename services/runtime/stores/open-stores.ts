import type { Logger } from "../logger.js";
import { Counter, Gauge, type Registry } from "../metrics.js";
import type { Settings } from "../settings.js";
import type { BlobStore, StoreEvents } from "./blob-store.js";
import { EmbeddingStore } from "./embedding-store.js";
import { LayeredStore } from "./layered-store.js";
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
  const up = new Gauge({
    name: "maskwire_cache_up",
    help: "1 while the cache answers, 0 while the system goes on without it",
    labelNames: ["store"],
    registers: [metrics],
  });
  const open = (store: "embedding" | "image", maxBytes: number): BlobStore => {
    let isUp = true;
    up.set({ store }, 1);
    // The log tells the change, not every command that fails meanwhile: those the counter has.
    const change = (now: boolean, tell: () => void) => {
      if (isUp === now) return;
      isUp = now;
      up.set({ store }, now ? 1 : 0);
      tell();
    };
    const events: StoreEvents = {
      onError(operation, error) {
        failures.inc({ store, operation });
        change(false, () => logger.warn({ err: error, store, operation }, "cache is lost; going on without it"));
      },
      onAnswer() {
        change(true, () => logger.info({ store }, "cache is back"));
      },
    };
    const namespace = `${settings.namespace}:${store}`;
    const options = { namespace, ttlMs: settings.ttlMs, timeoutMs: settings.timeoutMs, events };
    if (!settings.url) return createMemoryStore(maxBytes, options);
    const shared = createRedisStore(settings.url, options);
    if (!settings.alsoHere) return shared;
    // Memory always answers: that says nothing about the cache.
    return new LayeredStore(createMemoryStore(maxBytes, { ...options, events: { onError: events.onError } }), shared);
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
