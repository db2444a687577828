import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeKeyFile } from "../../../services/access/keys/key-file.js";
import { digestOf, formatKey, newSecret } from "../../../services/access/keys/secret.js";
import { scopes } from "../../../services/runtime/callers/principal.js";
import { MaskwireProcess } from "../../support/maskwire-process.js";
import { RedisServer } from "../../support/redis-server.js";
import { TlsFiles } from "../../support/tls-files.js";
import type { Setting } from "../attack.js";
import { limitsOf, limitsTogether, type ProcessLimits, type Role } from "./manifest-limits.js";
import { MemoryGroup } from "./memory-group.js";

/** One process under attack. */
export interface Member {
  readonly role: Role | "all";
  readonly process: MaskwireProcess;
  readonly metricsUrl: string;
  readonly limits: ProcessLimits;
  /** Where the kernel holds it to them. */
  readonly group: MemoryGroup | undefined;
}

const MiB = 2 ** 20;

/** What a stage is made of. */
interface StagePlan {
  setting: Setting;
  /** Settings of all processes. */
  env: Readonly<Record<string, string>>;
  /** `address:port` of the name server that they ask, in place of the machine's. */
  nameServer?: string | undefined;
  /** Who calls must show a key. */
  asksForKeys?: boolean | undefined;
  /** Its ports speak TLS, and its processes among themselves too. */
  isEncrypted?: boolean | undefined;
  /** That each process may have; where it is in a control group, as many as the system gives. */
  descriptors?: number | undefined;
  /** Each process is in a control group with its manifest's memory, all that it starts included. */
  isConfined?: boolean | undefined;
}

/** The built program as it is deployed, each process with the heap and the budgets that its container would give it. */
export class Stage implements AsyncDisposable {
  readonly members: Member[] = [];
  redis: RedisServer | undefined;
  /** What shows the good client, where that is asked for. */
  key: string | undefined;
  readonly #plan: StagePlan;
  readonly #tls: TlsFiles | undefined;
  #folder: string | undefined;

  private constructor(plan: StagePlan) {
    this.#plan = plan;
    this.#tls = plan.isEncrypted ? new TlsFiles() : undefined;
  }

  /** The authority of an encrypted stage, PEM. */
  get ca(): string | undefined {
    return this.#tls?.authority.pem;
  }

  static async start(plan: StagePlan): Promise<Stage> {
    const stage = new Stage(plan);
    const { setting, env } = plan;
    try {
      const all = plan.asksForKeys ? { ...env, ...(await stage.#makeKey()) } : env;
      if (setting === "single") await stage.#add("all", limitsTogether(), { ...all, ...stage.#tls?.port() });
      else await stage.#startRoles(all);
      return stage;
    } catch (error) {
      await stage[Symbol.asyncDispose]();
      throw error;
    }
  }

  urlOf(role: Role): string {
    const member = this.members.find((one) => one.role === role || one.role === "all");
    if (!member) throw new Error(`there is no ${role}`);
    return member.process.url;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const members = this.members.splice(0).reverse();
    for (const { process } of members) await process[Symbol.asyncDispose]();
    await this.redis?.[Symbol.asyncDispose]();
    this.#tls?.[Symbol.dispose]();
    if (this.#folder !== undefined) await rm(this.#folder, { recursive: true, force: true });
    for (const { group } of members) await group?.[Symbol.asyncDispose]();
  }

  async #startRoles(env: Readonly<Record<string, string>>): Promise<void> {
    this.redis = await RedisServer.start();
    const keys = join(await this.#files(), "signing-keys");
    await writeFile(keys, `key-1:${randomBytes(32).toString("hex")}\n`);
    const port = this.#tls?.port("required");
    const shared = { ...env, ...port, MASKWIRE_CACHE_URL: this.redis.url, MASKWIRE_CACHE_SIGNING_KEY_FILE: keys };
    // Both are in the list of what to stop before the first failure is told.
    const started = await Promise.allSettled([
      this.#add("encoder", limitsOf("encoder"), shared),
      this.#add("decoder", limitsOf("decoder"), shared),
    ]);
    for (const one of started) if (one.status === "rejected") throw one.reason;
    await this.#add("gateway", limitsOf("gateway"), {
      ...env,
      ...this.#tls?.port(),
      ...this.#tls?.peer("gateway"),
      MASKWIRE_ENCODER_ADDRESS: new URL(this.urlOf("encoder")).host,
      MASKWIRE_DECODER_ADDRESSES: new URL(this.urlOf("decoder")).host,
      // Nobody is there: what is asked of data sets is read, and refused after that.
      MASKWIRE_DATASET_ADDRESS: "127.0.0.1:1",
    });
  }

  async #files(): Promise<string> {
    this.#folder ??= await mkdtemp(join(tmpdir(), "maskwire-attacks-"));
    return this.#folder;
  }

  /** One for everything: the good client's, and that of gateways among themselves and the other tiers. */
  async #makeKey(): Promise<Record<string, string>> {
    const folder = await this.#files();
    const [file, shown] = [join(folder, "keys.json"), join(folder, "key")];
    const [id, secret] = ["good", newSecret()];
    const sha256 = digestOf(secret).toString("hex");
    const entry = { id, sha256, tenant: "acme", scopes: [...scopes], createdAt: Date.now() };
    this.key = formatKey({ id, secret });
    await writeFile(file, writeKeyFile({ keys: [entry], tenants: {} }));
    await writeFile(shown, this.key);
    return { MASKWIRE_AUTH_FILE: file, MASKWIRE_PEER_KEY_FILE: shown };
  }

  async #add(role: Member["role"], limits: ProcessLimits, env: Readonly<Record<string, string>>): Promise<void> {
    const { nameServer, isConfined, descriptors } = this.#plan;
    const bytes = limits.memoryMiB * MiB;
    const group = isConfined ? new MemoryGroup(bytes) : undefined;
    const modules = [...(group ? [] : [containerOf(bytes)]), ...(nameServer ? [resolverOf(nameServer)] : [])];
    const settings = {
      MASKWIRE_ROLE: role,
      MASKWIRE_LOG_LEVEL: "warn",
      NODE_OPTIONS: [`--max-old-space-size=${limits.heapMiB}`, ...modules.map((one) => `--import=${one}`)].join(" "),
      ...env,
    };
    try {
      const process = await MaskwireProcess.start(
        settings,
        group?.launcher ?? (descriptors === undefined ? [] : withDescriptors(descriptors)),
      );
      this.members.push({ role, process, metricsUrl: process.adminUrl, limits, group });
    } catch (error) {
      await group?.[Symbol.asyncDispose]();
      throw error;
    }
  }
}

/** A command before the program's. */
const withDescriptors = (count: number) => ["/bin/sh", "-c", `ulimit -n ${count} && exec "$@"`, "sh"];

/** A module that tells a process the limit of the container that it would run in: what it plans by, here too. */
const containerOf = (bytes: number) => `data:text/javascript,process.constrainedMemory=()=>${bytes}`;

/** And one that has it ask another name server than the machine's. */
const resolverOf = (server: string) => {
  const code = `import dns from "node:dns";
    import { syncBuiltinESMExports } from "node:module";
    dns.Resolver = class extends dns.Resolver {
      constructor(options) {
        super(options);
        this.setServers(["${server}"]);
      }
    };
    syncBuiltinESMExports();`;
  return `data:text/javascript,${encodeURIComponent(code)}`;
};
