import type { BlobStore } from "../stores/blob-store.js";
import type { KeyvStoreOptions } from "../stores/keyv-store.js";
import { createRedisStore } from "../stores/redis-store.js";

/** A store whose connection is there: before, its commands fail at once, which is right and of no use to a test. */
export async function openConnectedStore(url: string, options: KeyvStoreOptions): Promise<BlobStore> {
  let isConnected = false;
  const events: KeyvStoreOptions["events"] = {
    onError: (operation, error) => {
      if (isConnected) options.events.onError(operation, error);
    },
  };
  const store = createRedisStore(url, { ...options, events });
  await untilKept(store);
  await store.delete("probe");
  isConnected = true;
  return store;
}

/** There is no event for a connection that is back: asked again until the store keeps something. */
export async function untilKept(store: BlobStore): Promise<void> {
  while (!(await store.set("probe", Uint8Array.of(1)))) await new Promise((resolve) => setTimeout(resolve, 10));
}
