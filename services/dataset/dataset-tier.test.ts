import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { DatasetService } from "../../proto/index.js";
import { Code } from "../runtime/errors.js";
import { RpcClient } from "../runtime/grpc/client.js";
import { Host } from "../runtime/host.js";
import { fakeLogger } from "../runtime/testing/fake-logger.js";
import { DatasetTier } from "./dataset-tier.js";
import { FolderFiles } from "./files/folder-files.js";
import { FakeEngine } from "./jobs/testing/fake-engine.js";
import { shape } from "./settings.js";
import { TestServer } from "./testing/test-server.js";

const folder = mkdtempSync(join(tmpdir(), "maskwire-tier-"));
const hosts: Host[] = [];
let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start();
});
afterEach(async () => {
  for (const host of hosts.splice(0)) {
    host.force();
    await host.stop();
  }
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

/** Jobs are not what these tests are about. */
const nothing = {
  engine: Object.assign(new FakeEngine(), { [Symbol.asyncDispose]: async () => {} }),
  objectStore: undefined,
  fetchPicture: undefined,
  measuring: {
    measure: async () => ({ width: 1, height: 1, reading: {} }),
    thumbnail: async () => ({ file: new Uint8Array(), mediaType: "image/webp", width: 1, height: 1 }),
    [Symbol.asyncDispose]: async () => {},
  },
};
const limits = {
  maxImageBytes: 1000,
  maxImagePixels: 1000,
  pace: { silenceMs: 1000, leastBytesPerSecond: 1 },
  everythingMs: 1000,
};

async function start(url?: string) {
  const host = new Host({ host: "127.0.0.1", port: 0, stopMs: 5000, logger: fakeLogger() });
  hosts.push(host);
  const env = { MASKWIRE_DATASET_JOBS: 0, ...(url && { MASKWIRE_DATABASE_URL: url }) };
  const settings = shape(env, {
    limits,
    uploadBytes: 10_000,
    trustsPeers: true,
    sizes: { measuring: 1000, thumbnails: 1000 },
  });
  const files = new FolderFiles(join(folder, "files"));
  await host.listen((one) => [new DatasetTier(one, settings, { files, dataFolder: folder, ...nothing })]);
  await host.start();
  return { host, client: new RpcClient(`127.0.0.1:${host.port}`) };
}

it("M7: nothing is opened for nobody, and the process is ready", async () => {
  const { host } = await start();
  expect(host.readiness()).toMatchObject({ ready: true, tiers: { dataset: { database: "own", isOpen: false } } });
  expect(existsSync(join(folder, "database"))).toBe(false);
});

it("M7: a database that is named has to answer, and questions say that it does not", async () => {
  const { host, client } = await start("postgres://nobody@127.0.0.1:1/none");
  expect(host.readiness().ready).toBe(false);
  const asked = client.unary(DatasetService.method.listDatasets, {});
  await expect(asked).rejects.toMatchObject({ code: Code.UNAVAILABLE, reason: "DATABASE_LOST" });
  client.close();
});

it("M7: it is opened at the start, and the process is ready when it answers", async () => {
  await using database = await server.database();
  const { host, client } = await start(database.url);
  await expect.poll(() => host.readiness().ready).toBe(true);
  const { method } = DatasetService;
  await client.unary(method.createDataset, { name: "birds" });
  expect((await client.unary(method.listDatasets, {})).datasets).toMatchObject([
    { name: "birds", createdBy: "anyone" },
  ]);
  client.close();
});
