import { GatewayTier } from "../../gateway/gateway-tier.js";
import { DecoderTier } from "../decoder/decoder-tier.js";
import { EncoderTier } from "../encoder/encoder-tier.js";
import { Manifest } from "../inference/models/manifest.js";
import { Models } from "../inference/models/models.js";
import { RpcClient } from "../runtime/grpc/client.js";
import { Host, type Tier } from "../runtime/host.js";
import type { Logger } from "../runtime/logger.js";
import { openStores, type Stores } from "../stores/open-stores.js";
import type { Settings } from "../stores/settings.js";
import { loopbackOf } from "./loopback.js";

/** One process of Maskwire: the tiers that its role names, behind one port. */
export class Maskwire implements AsyncDisposable {
  readonly host: Host;
  readonly #settings: Settings;
  readonly #manifest: Manifest;
  #stores: Stores | undefined;

  constructor(settings: Settings, logger: Logger, manifest: Manifest = manifestOf(settings)) {
    this.#settings = settings;
    this.#manifest = manifest;
    const { host, port, admin, stopMs, overload } = settings;
    this.host = new Host({ host, port, admin, stopMs, logger, overload });
  }

  /** Resolves when every tier's model is loaded and warm. @throws when one cannot start; nothing is left open then. */
  async start(): Promise<void> {
    try {
      await this.host.listen((host) => this.#tiers(host));
      await this.host.start();
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** Where a client on this machine reaches it. */
  get url(): string {
    return urlOf(this.#settings.host, this.host.port);
  }

  /** Where its operator reaches it on this machine. @throws Error when its settings have no port for that. */
  get adminUrl(): string {
    const { admin } = this.#settings;
    if (!admin || this.host.adminPort === undefined) throw new Error("there is no port for the operator");
    return urlOf(admin.host, this.host.adminPort);
  }

  /** Orderly and bounded; safe to call twice. */
  async stop(): Promise<void> {
    await this.host.stop();
    await this.#stores?.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  #tiers(host: Host): Tier[] {
    const settings = this.#settings;
    const { role, gateway } = settings;
    if (role === "gateway") {
      const addresses = { encoders: gateway.encoderAddresses, decoders: gateway.decoderAddresses };
      return [new GatewayTier(host, settings, addresses)];
    }
    const models = new Models(this.#manifest, settings.model);
    const stores = openStores(settings, host.metrics, host.logger);
    this.#stores = stores;
    host.describe("cache", () => stores.describe());
    host.overload.onRelief("shrink-caches", () => stores.shrink());
    if (role === "encoder") return [new EncoderTier(host, settings, models, stores)];
    if (role === "decoder") return [new DecoderTier(host, settings, models, stores)];
    // In one process the gateway still reaches the services over RPC, but by no way around through the network.
    const here = [`${loopbackOf(settings.host)}:${host.port}`];
    const connect = (address: string) => new RpcClient(address, {}, host.connect());
    return [
      new EncoderTier(host, settings, models, stores),
      new DecoderTier(host, settings, models, stores),
      new GatewayTier(host, settings, { encoders: here, decoders: here, connect }),
    ];
  }
}

function manifestOf({ modelsFile }: Settings): Manifest {
  const shipped = Manifest.read();
  return modelsFile === undefined ? shipped : shipped.withOwn(modelsFile);
}

function urlOf(host: string, port: number): string {
  const name = host === "0.0.0.0" || host === "::" ? "localhost" : host.includes(":") ? `[${host}]` : host;
  return `http://${name}:${port}`;
}
