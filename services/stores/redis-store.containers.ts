import { GenericContainer, type StartedTestContainer, Wait } from "testcontainers";
import { afterAll, beforeAll, describe } from "vitest";
import type { KeyvStoreOptions } from "./keyv-store.js";
import { blobStoreContract, sharedStoreContract } from "./testing/blob-store-contract.js";
import { openConnectedStore, serverOf } from "./testing/connected-store.js";

/** Run by `npm run test:containers`: the same contract on the servers that people deploy. */
describe.each(["redis:7-alpine", "redis:8-alpine", "valkey/valkey:8-alpine"])("a store in %s", (image) => {
  let container: StartedTestContainer;

  beforeAll(async () => {
    container = await new GenericContainer(image)
      .withExposedPorts(6379)
      .withWaitStrategy(Wait.forLogMessage(/Ready to accept connections/))
      .start();
  }, 300_000);
  afterAll(() => container.stop());

  const open = (options: KeyvStoreOptions) =>
    openConnectedStore(serverOf(`redis://${container.getHost()}:${container.getMappedPort(6379)}`), options);

  blobStoreContract(open);
  sharedStoreContract(open);
});
