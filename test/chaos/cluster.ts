import { freePort } from "../../services/runtime/testing/free-port.js";
import { MaskwireProcess } from "../support/maskwire-process.js";
import { RedisServer } from "../support/redis-server.js";
import { type Link, openLink } from "./link.js";
import { forgetPeak, peakBytes } from "./process-memory.js";
import { Waits } from "./waits.js";

export type Role = "encoder" | "decoder" | "gateway";

/** One process of the cluster, and how another is started in its place. */
interface Member {
  readonly role: Role;
  readonly env: Record<string, string>;
  readonly launcher: readonly string[];
  process: MaskwireProcess | undefined;
}

/**
 * Masks are compared to the last bit, and a model on more threads adds its numbers in another order: one thread everywhere.
 */
export const oneThread = {
  MASKWIRE_ENCODER_THREADS: "1",
  MASKWIRE_DECODER_WORKERS: "1",
  MASKWIRE_DECODER_THREADS: "1",
};

/**
 * The built program as people deploy it: a Redis, one encoder, three decoders, two gateways, each a process of its own.
 * The third decoder is reached over a link that can be cut. Keeps each process's peak of memory over its restarts.
 */
export class ChaosCluster implements AsyncDisposable {
  readonly link: Link;
  /** Processes that are to end or to become ready. */
  readonly waits = new Waits();
  readonly #modelEnv: Record<string, string>;
  readonly #members = new Map<string, Member>();
  readonly #peaks = new Map<string, number>();
  #redis: RedisServer | undefined;

  private constructor(link: Link, modelEnv: Record<string, string>) {
    this.link = link;
    this.#modelEnv = modelEnv;
  }

  /** @param modelEnv which model encoders and decoders serve. */
  static async start(modelEnv: Record<string, string>): Promise<ChaosCluster> {
    const cluster = new ChaosCluster(openLink(), modelEnv);
    try {
      await cluster.#start();
      return cluster;
    } catch (error) {
      await cluster[Symbol.asyncDispose]();
      throw error;
    }
  }

  get redis(): RedisServer {
    if (!this.#redis) throw new Error("there is no Redis at the moment");
    return this.#redis;
  }

  /** Base URLs of the gateways, whether they run or not. */
  get gateways(): readonly string[] {
    return this.names("gateway").map((name) => `http://127.0.0.1:${this.#member(name).env.MASKWIRE_PORT}`);
  }

  names(role: Role): string[] {
    return [...this.#members].filter(([, member]) => member.role === role).map(([name]) => name);
  }

  process(name: string): MaskwireProcess {
    const { process } = this.#member(name);
    if (!process) throw new Error(`${name} does not run`);
    return process;
  }

  /** kill -9. */
  async kill(name: string): Promise<void> {
    await this.#end(name, "SIGKILL");
  }

  /** SIGTERM, and what the process's end was. */
  async terminate(name: string): Promise<Awaited<MaskwireProcess["ended"]>> {
    return this.#end(name, "SIGTERM");
  }

  /** Another process in the place of one that ended, on its port. Resolves when it is ready. */
  async restart(name: string): Promise<void> {
    const member = this.#member(name);
    const started = MaskwireProcess.start(member.env, member.launcher);
    member.process = await this.waits.during(() => `for ${name} to be ready`, started);
  }

  async killRedis(): Promise<void> {
    const redis = this.redis;
    this.#notePeak("redis", redis.pid);
    this.#redis = undefined;
    await redis[Symbol.asyncDispose]();
    this.#redisPort = redis.port;
  }

  /** Empty, on the port of the one before. */
  async restartRedis(): Promise<void> {
    this.#redis = await this.#startRedis(this.#redisPort);
  }

  /** Peaks count from now on. */
  forgetPeaks(): void {
    this.#peaks.clear();
    for (const [, pid] of this.#pids()) forgetPeak(pid);
  }

  /** Each process's peak of resident memory, in bytes, largest first; empty where the system does not tell. */
  peaks(): [name: string, bytes: number][] {
    for (const [name, pid] of this.#pids()) this.#notePeak(name, pid);
    return [...this.#peaks].sort(([, a], [, b]) => b - a);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { process } of this.#members.values()) await process?.[Symbol.asyncDispose]();
    await this.#redis?.[Symbol.asyncDispose]();
    await this.link[Symbol.asyncDispose]();
  }

  #redisPort: number | undefined;

  async #start(): Promise<void> {
    this.#redis = await this.#startRedis();
    const shared = { MASKWIRE_CACHE_URL: this.redis.url, ...oneThread, ...this.#modelEnv };
    const decoder = { MASKWIRE_ROLE: "decoder", ...shared };
    const far = { MASKWIRE_HOST: this.link.host, MASKWIRE_AUTH: "none", MASKWIRE_CACHE_URL: this.#farRedis };
    // All are in the list of what to stop before the first failure is told.
    const started = await Promise.allSettled([
      this.#add("encoder", "encoder", { MASKWIRE_ROLE: "encoder", ...shared }),
      this.#add("decoder-1", "decoder", decoder),
      this.#add("decoder-2", "decoder", decoder),
      this.#add("decoder-3", "decoder", { ...decoder, ...far }, this.link.launcher),
    ]);
    for (const one of started) if (one.status === "rejected") throw one.reason;
    const third = await this.link.reach(Number(this.#member("decoder-3").env.MASKWIRE_PORT));
    const gateway = {
      MASKWIRE_ROLE: "gateway",
      MASKWIRE_ENCODER_ADDRESS: this.process("encoder").address,
      MASKWIRE_DECODER_ADDRESSES: [this.process("decoder-1").address, this.process("decoder-2").address, third].join(),
    };
    for (const name of ["gateway-1", "gateway-2"]) await this.#add(name, "gateway", gateway);
  }

  get #farRedis(): string {
    return `redis://${this.link.outside}:${this.redis.port}`;
  }

  #startRedis(port?: number): Promise<RedisServer> {
    const { outside } = this.link;
    return RedisServer.start(port, outside === "127.0.0.1" ? [] : [outside]);
  }

  async #add(name: string, role: Role, env: Record<string, string>, launcher: readonly string[] = []): Promise<void> {
    // Of the process's own choosing it could be somebody else's by the time that it comes back.
    const placed = { ...env, MASKWIRE_PORT: String(await freePort()) };
    const process = await MaskwireProcess.start(placed, launcher);
    this.#members.set(name, { role, env: placed, launcher, process });
  }

  async #end(name: string, signal: NodeJS.Signals) {
    const process = this.process(name);
    this.#notePeak(name, process.pid);
    process.signal(signal);
    const end = await this.waits.during(() => `for ${name} to end on ${signal}`, process.ended);
    this.#member(name).process = undefined;
    return end;
  }

  #notePeak(name: string, pid: number): void {
    const bytes = peakBytes(pid);
    if (bytes !== undefined) this.#peaks.set(name, Math.max(bytes, this.#peaks.get(name) ?? 0));
  }

  #pids(): [name: string, pid: number][] {
    const running = [...this.#members].flatMap(([name, { process }]): [string, number][] =>
      process ? [[name, process.pid]] : [],
    );
    return this.#redis ? [...running, ["redis", this.#redis.pid]] : running;
  }

  #member(name: string): Member {
    const member = this.#members.get(name);
    if (!member) throw new Error(`there is no ${name}`);
    return member;
  }
}
