import type { Connect } from "../../gateway/peers/peer.js";
import * as gateway from "../../gateway/settings.js";
import type { FileStore } from "../dataset/files/file-store.js";
import type { FilesSettings } from "../dataset/files/settings.js";
import * as dataset from "../dataset/settings.js";
import * as decoder from "../decoder/settings.js";
import * as encoder from "../encoder/settings.js";
import type { Models } from "../inference/models/models.js";
import type { Host, Tier } from "../runtime/host.js";
import type { MemoryParts } from "../runtime/limits/memory-plan.js";
import { MiB } from "../runtime/settings/forms.js";
import type { Variables } from "../runtime/settings/read-env.js";
import type { PeerCertificate } from "../runtime/tls/peer-certificate.js";
import type { Stores } from "../stores/open-stores.js";
import type { HereToo } from "../stores/settings.js";

/** What a tier is made of, its own settings among it. */
export interface Surroundings<Settings> {
  readonly host: Host;
  readonly settings: Settings;
  /** Chosen when the first tier asks for them. @throws ServiceError INVALID_ARGUMENT when the settings name one that is not there. */
  readonly models: () => Models;
  /** Opened when the first tier asks for them. */
  readonly stores: () => Stores;
  /** Where data sets' files are. */
  readonly files: FileStore;
  /** For the way to other tiers on the network, read when it is asked for first; undefined where that is not encrypted. */
  readonly certificate: () => PeerCertificate | undefined;
  /** Where the other tiers are when all are in this process, and the way to them that stays inside it. */
  readonly here?: { readonly addresses: readonly string[]; readonly connect: Connect };
}

/** All that the rest of the program, what deploys it and what describes it know of a tier. */
interface TierRow {
  /** `settings.ts` of its folder. */
  readonly settings: {
    readonly variables: Variables;
    readonly memory: (...given: never[]) => { restBytes: number; parts: MemoryParts };
    readonly shape: (...given: never[]) => object;
  };
  /** Makes it. Its code, and the libraries that this needs, are loaded where it runs only. */
  readonly load: () => Promise<(surroundings: never) => Tier>;
  /** Where a process of this tier alone listens unless told otherwise. */
  readonly port: number;
  /** What such a process keeps of the shared cache, which it cannot do without; null where it never asks the cache. */
  readonly hereToo: HereToo | null;
  /** Tiers that it calls, and the variable that says where each is. */
  readonly peers: Readonly<Record<string, string>>;
  /** The same of those that it can do without. */
  readonly mayCall: Readonly<Record<string, string>>;
  /** Measured by `bench footprint`, and a little more: such a process at rest, with what a picture or a prompt takes. */
  readonly restBytes: number;
  /** Of its memory, for JavaScript's heap. */
  readonly heapShare: number;
  /** What its container must give it: settings that are its number of cores, a place to write to, and whether there may be several as they come. */
  readonly container: { readonly cores: readonly string[]; readonly writes?: string; readonly scales: boolean };
}

/** It asks the other tiers as a gateway does, and looks at pictures as an encoder does. */
interface DatasetNeeds {
  dataset: dataset.DatasetSettings;
  files: FilesSettings;
  gateway: gateway.GatewaySettings;
  encoder: encoder.EncoderSettings;
}

/** The tiers, each by its name, which is also that of the role of a process that runs it alone. The last is stopped first. */
export const tiers = {
  encoder: {
    settings: encoder,
    load: async () => {
      const { EncoderTier } = await import("../encoder/encoder-tier.js");
      return ({ host, settings, models, stores }: Surroundings<{ encoder: encoder.EncoderSettings }>) =>
        new EncoderTier(host, settings.encoder, models(), stores());
    },
    port: 50051,
    hereToo: "own",
    peers: {},
    mayCall: {},
    restBytes: 680 * MiB,
    heapShare: 1 / 4,
    container: { cores: ["threads"], writes: "/var/cache/maskwire", scales: true },
  },
  decoder: {
    settings: decoder,
    load: async () => {
      const { DecoderTier } = await import("../decoder/decoder-tier.js");
      return ({ host, settings, models, stores }: Surroundings<{ decoder: decoder.DecoderSettings }>) =>
        new DecoderTier(host, settings.decoder, models(), stores());
    },
    port: 50052,
    hereToo: "nothing",
    peers: {},
    mayCall: {},
    restBytes: 600 * MiB,
    heapShare: 1 / 4,
    container: { cores: ["workers", "threads"], writes: "/var/cache/maskwire", scales: true },
  },
  dataset: {
    settings: dataset,
    load: async () => {
      const { DatasetTier } = await import("../dataset/dataset-tier.js");
      const { measurePictures } = await import("./measure-pictures.js");
      const { datasetEngine } = await import("./dataset-engine.js");
      const { fetchForImports } = await import("./fetch-for-imports.js");
      const { connectEncrypted } = await import("../../gateway/peers/peer.js");
      return ({ host, settings, files, here, certificate, models }: Surroundings<DatasetNeeds>) => {
        const { limits, measuringBytes: memoryBytes } = settings.dataset;
        const { encoderAddresses, decoderAddresses } = settings.gateway;
        const own = here ? undefined : certificate();
        const engine = datasetEngine({
          host,
          gateway: settings.gateway,
          encoders: here?.addresses ?? encoderAddresses,
          decoders: here?.addresses ?? decoderAddresses,
          connect: here?.connect ?? (own && connectEncrypted(own)),
          models,
        });
        const measuring = measurePictures({ limits, memoryBytes, pictureMs: settings.encoder.pictures.pictureMs });
        const { dataFolder, objectStore } = settings.files;
        const { pictureHosts, deadlineMs } = settings.gateway;
        const fetchPicture = fetchForImports({ pictureHosts, deadlineMs, maxImageBytes: limits.maxImageBytes });
        const sources = { files, dataFolder, objectStore, fetchPicture };
        return new DatasetTier(host, settings.dataset, { ...sources, engine, measuring });
      };
    },
    port: 50053,
    hereToo: null,
    peers: { encoder: "MASKWIRE_ENCODER_ADDRESS", decoder: "MASKWIRE_DECODER_ADDRESSES" },
    mayCall: {},
    restBytes: 250 * MiB,
    heapShare: 1 / 4,
    // One with a database of its own is alone with it.
    container: { cores: [], writes: "/var/lib/maskwire", scales: false },
  },
  gateway: {
    settings: gateway,
    load: async () => {
      const { GatewayTier } = await import("../../gateway/gateway-tier.js");
      const { connectEncrypted } = await import("../../gateway/peers/peer.js");
      return ({ host, settings, here, certificate }: Surroundings<{ gateway: gateway.GatewaySettings }>) => {
        const own = here ? undefined : certificate();
        const { encoderAddresses: encoders, decoderAddresses: decoders, datasetAddresses: datasets } = settings.gateway;
        const { addresses: all, connect } = here ?? {};
        const addresses = all
          ? { encoders: all, decoders: all, datasets: all, connect }
          : { encoders, decoders, datasets, connect: own && connectEncrypted(own) };
        return new GatewayTier(host, settings.gateway, addresses);
      };
    },
    port: 8080,
    hereToo: null,
    peers: { encoder: "MASKWIRE_ENCODER_ADDRESS", decoder: "MASKWIRE_DECODER_ADDRESSES" },
    mayCall: { dataset: "MASKWIRE_DATASET_ADDRESS" },
    restBytes: 100 * MiB,
    // Its work is in its heap; the others' is outside.
    heapShare: 1 / 2,
    container: { cores: [], scales: true },
  },
} as const satisfies Record<string, TierRow>;

export type TierName = keyof typeof tiers;
export const tierNames = Object.keys(tiers) as TierName[];

/** Every tier in one process: in memory together they take less than apart. */
const together = { port: 8080, hereToo: "all", restBytes: 1100 * MiB, heapShare: 1 / 4 } as const;

export const roles = ["all", ...tierNames] as const;
export type Role = (typeof roles)[number];

/** What a process of that role is. */
interface RoleRow extends Pick<TierRow, "port" | "hereToo" | "restBytes" | "heapShare"> {
  readonly tiers: readonly TierName[];
}

export function roleOf(role: Role): RoleRow {
  return role === "all" ? { ...together, tiers: tierNames } : { ...tiers[role], tiers: [role] };
}

/** Variables that a process of that role cannot do without, as they are told to a person. */
export function peerVariables(role: Role): string[] {
  return role === "all" ? [] : Object.values(tiers[role].peers);
}
