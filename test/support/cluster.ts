import { freePort } from "../../services/runtime/testing/free-port.js";
import { MaskwireProcess } from "./maskwire-process.js";
import { RedisServer } from "./redis-server.js";
import { metric, patience } from "./start-maskwire.js";
import { tinyModelEnv } from "./tiny-model.js";
import { until } from "./until.js";

/** How many servers a tier has; two when left out. */
interface Sizes {
  readonly encoders?: number;
  readonly decoders?: number;
}

/**
 * Every tier in processes of its own over a real Redis: encoders, decoders, and one gateway. They serve the tiny model,
 * whose encodes take long enough for something to happen meanwhile.
 */
export class Cluster implements AsyncDisposable {
  redis!: RedisServer;
  encoders: MaskwireProcess[] = [];
  decoders: MaskwireProcess[] = [];
  gateway!: MaskwireProcess;
  readonly #opened: AsyncDisposable[] = [];
  #servicesEnv: Record<string, string> = {};

  /** @param servicesEnv of every encoder and decoder; that of a quick model, where nothing happens during an encode. */
  static async start(gatewayEnv: Record<string, string> = {}, servicesEnv = {}, sizes: Sizes = {}): Promise<Cluster> {
    const cluster = new Cluster();
    cluster.#servicesEnv = servicesEnv;
    try {
      await cluster.#start(gatewayEnv, sizes);
      return cluster;
    } catch (error) {
      await cluster[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** An encoder with the settings of the others. @param port of one that was lost. */
  async startEncoder(port?: string): Promise<MaskwireProcess> {
    return this.#process({ ...(await this.#shared("encoder", port)), MASKWIRE_ENCODER_THREADS: "1" });
  }

  async startDecoder(port?: string): Promise<MaskwireProcess> {
    const one = { MASKWIRE_DECODER_WORKERS: "1", MASKWIRE_DECODER_THREADS: "1" };
    return this.#process({ ...(await this.#shared("decoder", port)), ...one });
  }

  /** Kills the cache. It comes back empty, where it was, by `restartRedis`. */
  async killRedis(): Promise<void> {
    await this.redis[Symbol.asyncDispose]();
  }

  async restartRedis(): Promise<void> {
    this.redis = await RedisServer.start(this.redis.port);
    this.#opened.push(this.redis);
  }

  /** Resolves when the gateway sees so many servers of a tier serve. */
  async seen(tier: "encoder" | "decoder", count: number): Promise<void> {
    const serving = `maskwire_peers{tier="${tier}",state="serving"}`;
    await until(async () => (await metric(this.gateway.adminUrl, serving)) === count);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const one of this.#opened.splice(0).reverse()) await one[Symbol.asyncDispose]();
  }

  async #start(gatewayEnv: Record<string, string>, sizes: Sizes): Promise<void> {
    this.redis = await RedisServer.start();
    this.#opened.push(this.redis);
    const encoders = Array.from({ length: sizes.encoders ?? 2 }, () => this.startEncoder());
    const decoders = Array.from({ length: sizes.decoders ?? 2 }, () => this.startDecoder());
    // Each is in the list of what to stop before the first failure is told.
    await Promise.allSettled([...encoders, ...decoders]);
    this.encoders = await Promise.all(encoders);
    this.decoders = await Promise.all(decoders);
    this.gateway = await this.#process({
      MASKWIRE_ROLE: "gateway",
      MASKWIRE_ENCODER_ADDRESS: this.encoders.map(({ address }) => address).join(),
      MASKWIRE_DECODER_ADDRESSES: this.decoders.map(({ address }) => address).join(),
      ...gatewayEnv,
    });
    // Until then pictures go to servers that are not their own.
    await this.seen("encoder", this.encoders.length);
    await this.seen("decoder", this.decoders.length);
  }

  /** Each at a port that is still free when another takes its place. */
  async #shared(role: string, port?: string): Promise<Record<string, string>> {
    const at = port ?? String(await freePort());
    const ours = { MASKWIRE_ROLE: role, MASKWIRE_PORT: at, MASKWIRE_CACHE_URL: this.redis.url };
    return { ...ours, ...tinyModelEnv({ slowEncodes: true }), ...this.#servicesEnv };
  }

  async #process(env: Record<string, string>): Promise<MaskwireProcess> {
    const started = await MaskwireProcess.start({ ...patience, ...env });
    this.#opened.push(started);
    return started;
  }
}
