import { startObjectStore, type TestObjectStore } from "../../services/dataset/files/testing/object-store.js";
import { TestServer } from "../../services/dataset/testing/test-server.js";
import { freePort } from "../../services/runtime/testing/free-port.js";
import { MaskwireProcess } from "../support/maskwire-process.js";
import { oneThread } from "./cluster.js";

/** Of the object store, which checks none. */
const credentials = { AWS_ACCESS_KEY_ID: "S3RVER", AWS_SECRET_ACCESS_KEY: "S3RVER" };

/**
 * The data sets' part of a cluster: a PostgreSQL, an object store, two servers of the dataset tier, one process with the
 * models, and the gateway that people ask.
 */
export class DataCluster implements AsyncDisposable {
  readonly server: TestServer;
  readonly objects: TestObjectStore;
  readonly #env: Record<string, string>[] = [];
  /** What has the models, then what people ask. */
  readonly #others: MaskwireProcess[] = [];
  readonly #datasets: MaskwireProcess[] = [];

  private constructor(server: TestServer, objects: TestObjectStore) {
    this.server = server;
    this.objects = objects;
  }

  /** @param modelEnv which model is served. */
  static async start(modelEnv: Record<string, string>): Promise<DataCluster> {
    const [server, objects] = await Promise.all([TestServer.start(), startObjectStore()]);
    const cluster = new DataCluster(server, objects);
    try {
      await cluster.#start(modelEnv);
      return cluster;
    } catch (error) {
      await cluster[Symbol.asyncDispose]();
      throw error;
    }
  }

  get url(): string {
    return this.#others[1]?.url ?? "";
  }

  /** kill -9. @param which 0 or 1. */
  async kill(which: number): Promise<void> {
    await this.#datasets[which]?.[Symbol.asyncDispose]();
  }

  /** Another in the place of one that ended, on its port. */
  async restart(which: number): Promise<void> {
    this.#datasets[which] = await MaskwireProcess.start(this.#env[which]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const one of [...this.#others, ...this.#datasets]) await one?.[Symbol.asyncDispose]();
    await this.objects[Symbol.asyncDispose]();
    await this.server.close();
  }

  async #start(modelEnv: Record<string, string>): Promise<void> {
    const database = await this.server.database();
    const [first, second] = [await freePort(), await freePort()];
    const store = { MASKWIRE_OBJECT_STORE_URL: this.objects.url, ...credentials };
    const engine = await MaskwireProcess.start({ ...store, ...oneThread, ...modelEnv });
    this.#others.push(engine);
    const peers = { MASKWIRE_ENCODER_ADDRESS: engine.address, MASKWIRE_DECODER_ADDRESSES: engine.address };
    const data = { ...store, ...modelEnv, ...peers, MASKWIRE_DATABASE_URL: database.url };
    for (const one of [first, second]) {
      this.#env.push({ ...data, MASKWIRE_ROLE: "dataset", MASKWIRE_PORT: String(one) });
    }
    await Promise.all([0, 1].map((which) => this.restart(which)));
    const addresses = [first, second].map((one) => `127.0.0.1:${one}`).join();
    const gateway = { ...peers, MASKWIRE_ROLE: "gateway", MASKWIRE_DATASET_ADDRESS: addresses };
    this.#others.push(await MaskwireProcess.start(gateway));
  }
}
