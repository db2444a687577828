import { createAccess } from "../access/create-access.js";
import type { FileStore } from "../dataset/files/file-store.js";
import { openFiles } from "../dataset/files/open-files.js";
import { PictureFiles } from "../dataset/files/picture-files.js";
import { Manifest } from "../inference/models/manifest.js";
import { Models } from "../inference/models/models.js";
import { RpcClient } from "../runtime/grpc/client.js";
import { Host } from "../runtime/host.js";
import type { Logger } from "../runtime/logger.js";
import { PeerCertificate } from "../runtime/tls/peer-certificate.js";
import { openStores, type Stores } from "../stores/open-stores.js";
import { loopbackOf } from "./loopback.js";
import { openQuotas } from "./open-quotas.js";
import { roleOf, type Surroundings, tiers } from "./roles.js";
import type { Settings } from "./settings.js";

/** One process of Maskwire: the tiers that its role names, behind one port. */
export class Maskwire implements AsyncDisposable {
  readonly host: Host;
  readonly #settings: Settings;
  readonly #manifest: Manifest;
  readonly #access: ReturnType<typeof createAccess>;
  readonly #quotas: ReturnType<typeof openQuotas>;
  #stores: Stores | undefined;
  readonly #files: FileStore;
  #peerCertificate: PeerCertificate | undefined;

  /** @throws SettingsError when a certificate cannot be used. */
  constructor(settings: Settings, logger: Logger, manifest: Manifest = manifestOf(settings)) {
    this.#settings = settings;
    this.#manifest = manifest;
    const { host, port, admin, stopMs, overload, connections, http2, audit, reflection, tls } = settings;
    this.#access = createAccess(settings.access, logger);
    const { access } = this.#access;
    this.#files = openFiles(settings.files);
    this.#quotas = openQuotas(settings.cache, logger);
    const { make: quota } = this.#quotas;
    const served = { access, quota, overload, connections, http2, audit, reflection, tls: tls.server };
    this.host = new Host({ host, port, admin, stopMs, logger, ...served });
    this.host.closesAfter("quotas", () => this.#quotas.close());
    this.host.closesAfter("stores", () => this.#stores?.close());
    this.host.closesAfter("files", () => this.#files[Symbol.asyncDispose]());
  }

  /** Resolves when every tier's model is loaded and warm. @throws when one cannot start; nothing is left open then. */
  async start(): Promise<void> {
    try {
      const make = await Promise.all(roleOf(this.#settings.role).tiers.map((name) => tiers[name].load()));
      await this.host.listen((host) => {
        const surroundings = this.#surroundings(host);
        return make.map((one) => one(surroundings));
      });
      await this.host.start();
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** Where a client on this machine reaches it. */
  get url(): string {
    return urlOf(this.#settings.tls.server ? "https" : "http", this.#settings.host, this.host.port);
  }

  /** Where its operator reaches it on this machine. @throws Error when its settings have no port for that. */
  get adminUrl(): string {
    const { admin } = this.#settings;
    if (!admin || this.host.adminPort === undefined) throw new Error("there is no port for the operator");
    return urlOf("http", admin.host, this.host.adminPort);
  }

  /** Orderly and bounded; safe to call twice. */
  async stop(): Promise<void> {
    await this.host.stop();
    this.#access.close();
    this.#peerCertificate?.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  #surroundings(host: Host): Surroundings<Settings> {
    const settings = this.#settings;
    const models = once(() => new Models(this.#manifest, settings.models));
    const stores = once(() => this.#openStores(host));
    const surroundings = {
      host,
      settings,
      models,
      stores,
      certificate: once(() => this.#openCertificate(host)),
      files: this.#files,
    };
    if (settings.role !== "all") return surroundings;
    // In one process the gateway still reaches the services over RPC, but by no way around through the network.
    const addresses = [`${loopbackOf(settings.host)}:${host.port}`];
    return { ...surroundings, here: { addresses, connect: (address) => new RpcClient(address, {}, host.connect()) } };
  }

  #openCertificate({ logger, metrics }: Host): PeerCertificate | undefined {
    const { gateway, tls } = this.#settings;
    const { peers } = tls;
    if (!peers && gateway.peerKey) {
      logger.warn(
        "the key of MASKWIRE_PEER_KEY_FILE goes to the other tiers unencrypted: whoever listens on the way has it, and with it every " +
          "tenant's pictures; set MASKWIRE_PEER_TLS=on",
      );
    }
    this.#peerCertificate = peers && new PeerCertificate(peers, { logger, metrics });
    return this.#peerCertificate;
  }

  #openStores(host: Host): Stores {
    const stores = openStores(this.#settings.cache, host.metrics, host.logger, new PictureFiles(this.#files));
    this.#stores = stores;
    host.describe("cache", () => stores.describe());
    host.overload.onRelief("shrink-caches", () => stores.shrink());
    return stores;
  }
}

/** Makes something when it is asked for first. */
function once<T>(make: () => T): () => T {
  let made: { one: T } | undefined;
  return () => {
    made ??= { one: make() };
    return made.one;
  };
}

function manifestOf({ models }: Settings): Manifest {
  return Manifest.configured(models);
}

function urlOf(scheme: "http" | "https", host: string, port: number): string {
  const name = host === "0.0.0.0" || host === "::" ? "localhost" : host.includes(":") ? `[${host}]` : host;
  return `${scheme}://${name}:${port}`;
}
