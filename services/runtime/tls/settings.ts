import { z } from "zod";
import { integer, text } from "../settings/forms.js";
import type { EnvOf } from "../settings/read-env.js";
import { SettingsError } from "../settings/settings-error.js";
import type { CertificateFiles } from "./certificate.js";
import type { ClientCertificates } from "./tls-door.js";

const file = text("the path of a file");

/** Encryption: of the port, and of the way to the other tiers. */
export const variables = {
  MASKWIRE_TLS_CERT_FILE: file.describe(
    "the port's certificate, with those between it and its authority, PEM; unset does not encrypt",
  ),
  MASKWIRE_TLS_KEY_FILE: file.describe("the key of the port's certificate, PEM"),
  MASKWIRE_TLS_CLIENT_CA_FILE: file.describe(
    "authorities of the certificates that those who connect are asked for, PEM; unset asks nobody",
  ),
  MASKWIRE_TLS_CLIENTS: z
    .enum(["required", "optional"], "required or optional")
    .describe("whether those who connect need a certificate, where one is asked for"),
  MASKWIRE_TLS_HANDSHAKES_PER_SECOND: integer(1, 1_000_000).describe(
    "TLS handshakes a second for one address, or one IPv6 network, which behind a proxy all callers may have; what comes faster waits",
  ),
  MASKWIRE_PEER_TLS: z.enum(["on", "off"], "on or off").describe("whether the way to the other tiers is encrypted"),
  MASKWIRE_PEER_CA_FILE: file.describe("authorities of the other tiers' certificates, PEM"),
  MASKWIRE_PEER_CERT_FILE: file.describe("our certificate, where the other tiers ask for one, PEM"),
  MASKWIRE_PEER_CERT_KEY_FILE: file.describe("the key of that certificate, PEM"),
  MASKWIRE_PEER_SERVER_NAME: text("a host name or address").describe("name in the other tiers' certificates"),
} as const;

type Variable = keyof typeof variables;
type FileVariable = Exclude<Variable, "MASKWIRE_TLS_HANDSHAKES_PER_SECOND">;
type Env = EnvOf<typeof variables>;

export interface ServerTls {
  readonly files: CertificateFiles;
  readonly clients: ClientCertificates;
  readonly handshakesPerSecond?: number | undefined;
}

export interface PeerTls {
  readonly files: CertificateFiles;
  /** In every peer's certificate; undefined where it is the name that the peer was found by. */
  readonly serverName: string | undefined;
}

/** @throws SettingsError when settings contradict each other. */
export function shape(env: Env): { server: ServerTls | undefined; peers: PeerTls | undefined } {
  return { server: shapeServer(env), peers: shapePeers(env) };
}

export type TlsSettings = ReturnType<typeof shape>;

function shapeServer(env: Env): ServerTls | undefined {
  needEachOther(env, "MASKWIRE_TLS_CERT_FILE", "MASKWIRE_TLS_KEY_FILE");
  need(env, "MASKWIRE_TLS_CLIENT_CA_FILE", "MASKWIRE_TLS_CERT_FILE");
  need(env, "MASKWIRE_TLS_CLIENTS", "MASKWIRE_TLS_CLIENT_CA_FILE");
  if (!env.MASKWIRE_TLS_CERT_FILE) return undefined;
  const files = filesOf(env, "MASKWIRE_TLS_CERT_FILE", "MASKWIRE_TLS_KEY_FILE", "MASKWIRE_TLS_CLIENT_CA_FILE");
  const { MASKWIRE_TLS_HANDSHAKES_PER_SECOND: handshakesPerSecond } = env;
  return { files, handshakesPerSecond, clients: files.ca ? (env.MASKWIRE_TLS_CLIENTS ?? "required") : "off" };
}

function shapePeers(env: Env): PeerTls | undefined {
  needEachOther(env, "MASKWIRE_PEER_CERT_FILE", "MASKWIRE_PEER_CERT_KEY_FILE");
  if (env.MASKWIRE_PEER_TLS !== "on") {
    const others = ["MASKWIRE_PEER_CA_FILE", "MASKWIRE_PEER_CERT_FILE", "MASKWIRE_PEER_SERVER_NAME"] as const;
    // Who has set one of them expects to be encrypted.
    const idle = others.find((name) => env[name] !== undefined);
    if (idle && env.MASKWIRE_PEER_TLS === undefined) throw new SettingsError(`${idle} needs MASKWIRE_PEER_TLS=on.`);
    return undefined;
  }
  const files = filesOf(env, "MASKWIRE_PEER_CERT_FILE", "MASKWIRE_PEER_CERT_KEY_FILE", "MASKWIRE_PEER_CA_FILE");
  return { files, serverName: env.MASKWIRE_PEER_SERVER_NAME };
}

function filesOf(env: Env, cert: FileVariable, key: FileVariable, ca: FileVariable): CertificateFiles {
  const fileOf = (variable: FileVariable) => {
    const path = env[variable];
    return path === undefined ? undefined : { variable, path };
  };
  return { cert: fileOf(cert), key: fileOf(key), ca: fileOf(ca) };
}

function needEachOther(env: Env, one: Variable, other: Variable): void {
  if ((env[one] === undefined) !== (env[other] === undefined))
    throw new SettingsError(`${one} and ${other} need each other.`);
}

function need(env: Env, one: Variable, other: Variable): void {
  if (env[one] !== undefined && env[other] === undefined) throw new SettingsError(`${one} needs ${other}.`);
}
