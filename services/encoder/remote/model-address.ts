import { parseTarget } from "../../runtime/grpc/target.js";

/** A model at a server that speaks the Open Inference Protocol over gRPC. */
export interface ModelAddress {
  /** host:port */
  readonly address: string;
  readonly isEncrypted: boolean;
  readonly name: string;
  /** The server's choice when it is empty. */
  readonly version: string;
}

/** As it is written among providers: `oip:grpc://HOST:PORT/MODEL`, `oip:grpcs://...`, either with `/versions/N` behind it. */
export type RemoteProvider = `oip:${string}`;

export const modelAddressForm = "oip:grpc://HOST:PORT/MODEL";

/** In the place of MODEL, or in it, the id of the model here. */
const ownId = "{model}";

export const isRemote = (provider: string): provider is RemoteProvider => provider.startsWith("oip:");

/** @returns undefined for what is no such address. */
export function parseModelAddress(text: string): ModelAddress | undefined {
  const [, scheme, address = "", name = "", version = ""] =
    /^oip:(grpcs?):\/\/([^/\s]+)\/([\w.@{}-]+)(?:\/versions\/(\d+))?$/.exec(text) ?? [];
  const isName = /^[\w.@-]+$/.test(name.replaceAll(ownId, "model"));
  if (!scheme || !isName || parseTarget(address)?.kind !== "server") return undefined;
  return { address, isEncrypted: scheme === "grpcs", name, version };
}

/** Where a model of ours is. */
export function addressOf(provider: RemoteProvider, modelId: string): ModelAddress {
  const parsed = parseModelAddress(provider);
  if (!parsed) throw new Error(`${provider} is no ${modelAddressForm}`);
  return { ...parsed, name: parsed.name.replaceAll(ownId, modelId) };
}
