import type { Metrics } from "../runtime/host-metrics.js";
import type { Logger } from "../runtime/logger.js";
import { followSigningKeys } from "../runtime/signing-keys.js";
import type { BlobStore, StoreOperation } from "./blob-store.js";
import type { CacheConnection } from "./cache-connection.js";
import type { BreakerState } from "./circuit-breaker.js";
import { EmbeddingStore } from "./embedding-store.js";
import { FindingsStore } from "./findings-store.js";
import { type DurablePictures, ImageStore } from "./image-store.js";
import { LayeredStore } from "./layered-store.js";
import { MemoryLeaseKeys } from "./lease-keys.js";
import { Leases } from "./leases.js";
import { createMemoryStore, type MemoryStore } from "./memory-store.js";
import { openConnection } from "./open-connection.js";
import { PictureDeletion } from "./picture-deletion.js";
import { createRedisStore } from "./redis-store.js";
import type { CacheSettings } from "./settings.js";
import { SigningKeys } from "./signing-keys.js";
import { createStoreMetrics, type StoreName } from "./store-metrics.js";
import { notesHere, Twins } from "./twins.js";

export interface Stores {
  embeddings: EmbeddingStore;
  images: ImageStore;
  findings: FindingsStore;
  /** The one connection to the shared cache; undefined when everything is kept in this process. */
  connection: CacheConnection | undefined;
  /** Of work that one process does for all who use the same cache. */
  leases: Leases;
  deletion: PictureDeletion;
  twins: Twins;
  /** How long what is read here may be kept elsewhere. */
  ttlMs: number;
  /** A lease's term. */
  leaseMs: number;
  /** False while the shared cache does not answer: what is not found may be known to another process. */
  isCacheUp(): boolean;
  /** For people who ask how the process is. */
  describe():
    | { kind: "memory" }
    | { kind: "shared"; state: "up" | "partly" | "down"; nodes: Record<string, BreakerState> };
  /** Gives up half of what this process holds. */
  shrink(): void;
  close(): Promise<void>;
}

/**
 * The embedding store and the image store, in this process or shared, as the settings say.
 * @param durable where data sets' pictures are kept for good.
 */
export function openStores(
  settings: CacheSettings,
  metrics: Metrics,
  logger: Logger,
  durable?: DurablePictures,
): Stores {
  const { limits } = settings;
  const keys = new SigningKeys(settings.signingKeys?.keys);
  const keyFile = settings.signingKeys && followSigningKeys(settings.signingKeys.path, keys, logger);
  if (settings.server && !keyFile) {
    logger.warn(
      "the shared cache is trusted: set MASKWIRE_CACHE_SIGNING_KEY_FILE to use only what this cluster has signed",
    );
  }
  const { server } = settings;
  const connection = server && openConnection({ ...settings, server }, logger);
  const near = new Map<StoreName, MemoryStore>();
  const figures = createStoreMetrics(metrics, {
    kept: () => [...near].map(([store, { keptBytes }]) => [store, keptBytes] as const),
    nodes: () => connection?.nodes ?? [],
  });
  const open = (store: StoreName, maxBytes: number): { blobs: BlobStore; layers?: LayeredStore } => {
    const optionsOf = (tier: "near" | "shared") => ({
      namespace: `${settings.namespace}:${store}`,
      ttlMs: settings.ttlMs,
      events: {
        onError: (operation: StoreOperation, error: unknown) => figures.failed(store, operation, error),
        onLookup: (isHit: boolean) => figures.lookedUp(store, tier, isHit),
      },
    });
    const shared = connection && createRedisStore(connection, optionsOf("shared"));
    if (shared && settings.hereToo === "nothing") return { blobs: shared };
    const onEvict = (isShare: boolean) => {
      figures.evicted(store);
      if (isShare) metrics.limitHit(store === "image" ? "pictures_share" : "embeddings_share");
    };
    const memory = createMemoryStore(maxBytes, { ...optionsOf("near"), onEvict });
    near.set(store, memory);
    if (!shared) return { blobs: memory };
    const layers = new LayeredStore(memory, shared);
    return { blobs: layers, layers };
  };
  const embeddings = open("embedding", settings.embeddingBytes);
  const images = open("image", settings.imageBytes);
  // In one process every tier sees what it keeps: nothing is out of another's reach.
  const sharing = settings.hereToo === "own" ? embeddings.layers : undefined;
  const leaseKeys = connection ?? new MemoryLeaseKeys();
  const leases = new Leases(leaseKeys, { namespace: settings.namespace, termMs: settings.leaseMs, signing: keys });
  const embeddingStore = new EmbeddingStore(embeddings.blobs, { metrics, logger, limits, keys, sharing });
  const { namespace, ttlMs } = settings;
  return {
    embeddings: embeddingStore,
    twins: new Twins({ notes: connection ?? notesHere(ttlMs), embeddings: embeddingStore, namespace, ttlMs }),
    // Small beside those, and deleted with them.
    findings: new FindingsStore(embeddings.blobs, { metrics, logger, keys }),
    images: new ImageStore(images.blobs, { metrics, logger, limits, keys, durable }),
    leases,
    deletion: new PictureDeletion({
      stores: [embeddings.blobs, images.blobs],
      keys: leaseKeys,
      namespace: settings.namespace,
      termMs: leases.longestWaitMs,
      durable,
    }),
    ttlMs: settings.ttlMs,
    leaseMs: settings.leaseMs,
    isCacheUp: () => connection?.nodes.every(({ state }) => state === "closed") ?? true,
    connection,
    describe: () => describe(connection),
    shrink: () => {
      for (const store of near.values()) store.shrink();
    },
    close: async () => {
      keyFile?.close();
      await Promise.all([embeddings.blobs.close(), images.blobs.close()]);
      connection?.close();
    },
  };
}

function describe(connection: CacheConnection | undefined): ReturnType<Stores["describe"]> {
  if (!connection) return { kind: "memory" };
  const nodes = Object.fromEntries(connection.nodes.map(({ name, state }) => [name, state]));
  const answering = Object.values(nodes).map((state) => state === "closed");
  const state = answering.every(Boolean) ? "up" : answering.some(Boolean) ? "partly" : "down";
  return { kind: "shared", state, nodes };
}
