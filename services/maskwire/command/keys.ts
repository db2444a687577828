import { editKeys, readKeys } from "../../access/keys/edit-key-file.js";
import type { KeyEntry } from "../../access/keys/key-file.js";
import { digestOf, formatKey, isKeyId, keyIdWords, newSecret } from "../../access/keys/secret.js";
import type { PrincipalLimits, Scope } from "../../runtime/callers/principal.js";
import { checkTenant } from "../../runtime/callers/tenant.js";
import { CommandError, usageError } from "./command-error.js";
import { Notices } from "./notices.js";
import { textTable } from "./text-table.js";

interface FileOption {
  file?: string;
}

export interface CreateKeyOptions extends FileOption {
  id: string;
  tenant: string;
  scopes?: Scope[];
  expires?: number;
  limit?: PrincipalLimits;
}

/** What a person needs. */
const usual: Scope[] = ["segment", "everything", "upload"];

/** Prints the new key, which is nowhere else from then on. */
export async function createKey({ id, tenant, scopes = usual, expires, limit, file }: CreateKeyOptions): Promise<void> {
  const path = fileOf(file);
  if (!isKeyId(id)) throw usageError(`"${id}" cannot be an id: ${keyIdWords}.`);
  const secret = newSecret();
  const entry: KeyEntry = {
    id,
    sha256: digestOf(secret).toString("hex"),
    tenant: tenantOf(tenant),
    scopes,
    ...(limit ? { limits: limit } : {}),
    createdAt: Date.now(),
    ...(expires === undefined ? {} : { expiresAt: expires }),
  };
  await editKeys(path, (keys) => {
    if (keys.some((one) => one.id === id))
      throw new CommandError(`There is a key "${id}" in ${path} already; take another id.`);
    return [...keys, entry];
  });
  new Notices().say(`the key is shown this once; ${path} has its digest only`);
  process.stdout.write(`${formatKey({ id, secret })}\n`);
}

export async function listKeys({ file, json }: FileOption & { json?: true }, now = Date.now()): Promise<void> {
  const keys = (await readKeys(fileOf(file))).map((entry) => ({ ...entry, state: stateOf(entry, now) }));
  process.stdout.write(json ? `${JSON.stringify({ keys: keys.map(keyAsJson) })}\n` : keysAsText(keys));
}

export async function revokeKey(id: string, { file }: FileOption): Promise<void> {
  const path = fileOf(file);
  let revokedAt: number | undefined;
  await editKeys(path, (keys) => {
    const entry = keys.find((one) => one.id === id);
    if (!entry) throw new CommandError(`There is no key "${id}" in ${path}.`);
    revokedAt = entry.revokedAt;
    return keys.map((one) => (one === entry ? { ...one, revokedAt: one.revokedAt ?? Date.now() } : one));
  });
  const notices = new Notices();
  if (revokedAt === undefined) notices.say(`the key "${id}" is revoked`);
  else notices.say(`the key "${id}" was revoked before, on ${asDay(revokedAt)}`);
}

function fileOf(file: string | undefined): string {
  if (file) return file;
  throw usageError("Name the file of keys, by --file or MASKWIRE_AUTH_FILE.");
}

function tenantOf(name: string): string {
  try {
    return checkTenant(name);
  } catch (error) {
    throw usageError((error as Error).message);
  }
}

type ListedKey = KeyEntry & { state: ReturnType<typeof stateOf> };

function stateOf({ revokedAt, expiresAt }: KeyEntry, now: number): "valid" | "revoked" | "expired" {
  if (revokedAt !== undefined) return "revoked";
  return expiresAt !== undefined && expiresAt <= now ? "expired" : "valid";
}

/** All but the digest, which is of no use to anybody who may read the list. */
function keyAsJson({ id, tenant, scopes, limits, state, createdAt, expiresAt, revokedAt }: ListedKey) {
  const time = (at: number | undefined) => (at === undefined ? undefined : new Date(at).toISOString());
  return {
    id,
    tenant,
    scopes,
    limits,
    state,
    createdAt: time(createdAt),
    expiresAt: time(expiresAt),
    revokedAt: time(revokedAt),
  };
}

function keysAsText(keys: readonly ListedKey[]): string {
  const rows = keys.map(({ id, tenant, scopes, limits = {}, state, createdAt, expiresAt }) => [
    id,
    tenant,
    state,
    asDay(createdAt),
    expiresAt === undefined ? "never" : asDay(expiresAt),
    scopes.join(","),
    Object.entries(limits)
      .map(([name, value]) => `${name}=${value}`)
      .join(" "),
  ]);
  return textTable([["ID", "TENANT", "STATE", "CREATED", "EXPIRES", "SCOPES", "LIMITS"], ...rows]);
}

const asDay = (time: number) => new Date(time).toISOString().slice(0, 10);
