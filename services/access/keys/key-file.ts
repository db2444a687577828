import { z } from "zod";
import { limitNames, type PrincipalLimits, type Scope, scopes } from "../../runtime/callers/principal.js";
import { isTenantName } from "../../runtime/callers/tenant.js";
import { isKeyId, keyIdWords } from "./secret.js";

/** What is said of tenants, by their names. */
type Tenants = Readonly<Record<string, { readonly limits?: PrincipalLimits | undefined }>>;

interface KeyFile {
  readonly keys: KeyEntry[];
  /** As the file has it. */
  readonly tenants: Tenants;
}

/** A key as its file has it: nothing that it could be used with. Times are in milliseconds since 1970. */
export interface KeyEntry {
  readonly id: string;
  /** SHA-256 of the secret's text, in hex. */
  readonly sha256: string;
  readonly tenant: string;
  readonly scopes: readonly Scope[];
  readonly limits?: PrincipalLimits | undefined;
  /** What all keys of its tenant together may take. */
  readonly tenantLimits?: PrincipalLimits | undefined;
  readonly createdAt: number;
  readonly expiresAt?: number | undefined;
  readonly revokedAt?: number | undefined;
}

const time = z.iso
  .datetime({ offset: true, error: 'a time such as "2027-01-31T00:00:00Z"' })
  .transform((text) => Date.parse(text));
const limitWords = "a whole number from 1 on";
const limit = z.int(limitWords).min(1, limitWords);
const scope = z.enum(scopes, `one of ${scopes.join(", ")}`);

const tenant = z
  .string("a tenant's name")
  .refine(isTenantName, "1 to 63 small letters, digits, . _ and -, as a tenant's name");
const limits = z.strictObject(Object.fromEntries(limitNames.map((name) => [name, limit.optional()])), {
  error: (issue) => (issue.code === "unrecognized_keys" ? undefined : "an object of limits"),
});

const entryForm = z.strictObject({
  id: z.string(keyIdWords).refine(isKeyId, keyIdWords),
  sha256: z.string("64 hex digits").regex(/^[0-9a-f]{64}$/i, "64 hex digits"),
  tenant,
  scopes: z.array(scope, `a list of ${scopes.join(", ")}`).min(1, "at least one scope"),
  limits: limits.optional(),
  createdAt: time,
  expiresAt: time.optional(),
  revokedAt: time.optional(),
});

const mostKeys = 10_000;
const fileForm = z.strictObject({
  keys: z.array(z.unknown(), "a list of keys").max(mostKeys, `at most ${mostKeys} keys`),
  tenants: z.record(tenant, z.strictObject({ limits: limits.optional() }), "an object of tenants").optional(),
});

/**
 * Reads a file of keys: `{ "keys": [{ id, sha256, tenant, scopes, limits?, createdAt, expiresAt?, revokedAt? }],
 * "tenants"?: { NAME: { limits? } } }`.
 * @throws Error that names entry and field at fault, and tells nothing of what may be a secret.
 */
export function parseKeyFile(text: string): KeyFile {
  const file = fileForm.safeParse(fromJson(text));
  if (!file.success) throw new Error(faultOf(file.error, "it"));
  const ids = new Set<string>();
  const { tenants = {} } = file.data;
  const keys = file.data.keys.map((value, index) => {
    const parsed = entryForm.safeParse(value);
    if (!parsed.success) throw new Error(faultOf(parsed.error, nameOf(value, index)));
    const { id, sha256 } = parsed.data;
    if (ids.has(id)) throw new Error(`${nameOf(value, index)} has the id of an entry before it`);
    ids.add(id);
    const { limits: tenantLimits } = tenants[parsed.data.tenant] ?? {};
    return { ...parsed.data, sha256: sha256.toLowerCase(), ...(tenantLimits ? { tenantLimits } : {}) };
  });
  return { keys, tenants };
}

export function writeKeyFile({ keys, tenants }: { keys: readonly KeyEntry[]; tenants: Tenants }): string {
  const written = keys.map(({ createdAt, expiresAt, revokedAt, tenantLimits: _, ...rest }) => ({
    ...rest,
    createdAt: inWords(createdAt),
    ...(expiresAt === undefined ? {} : { expiresAt: inWords(expiresAt) }),
    ...(revokedAt === undefined ? {} : { revokedAt: inWords(revokedAt) }),
  }));
  const ofTenants = Object.keys(tenants).length > 0 ? { tenants } : {};
  return `${JSON.stringify({ keys: written, ...ofTenants }, undefined, 2)}\n`;
}

const inWords = (time: number) => new Date(time).toISOString();

function fromJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    // The parser's own words repeat what stands there.
    const [, at] = /position (\d+)/.exec((error as Error).message) ?? [];
    const line = at === undefined ? undefined : text.slice(0, Number(at)).split("\n").length;
    throw new Error(`it is not JSON${line === undefined ? "" : ` from line ${line} on`}`);
  }
}

/** Its place, and its id where that is one: what stands there by mistake may be a secret. */
function nameOf(value: unknown, index: number): string {
  const id = typeof value === "object" && value !== null && "id" in value ? value.id : undefined;
  const named = typeof id === "string" && isKeyId(id) && id.length < 40 ? ` ("${id}")` : "";
  return `entry ${index + 1}${named}`;
}

function faultOf({ issues }: z.ZodError, where: string): string {
  const [issue] = issues;
  if (!issue) return `${where} is malformed`;
  const field = issue.path.map(String).join(".");
  if (issue.code === "unrecognized_keys") {
    return `${where} has a field that is unknown${field ? `, in "${field}"` : ""}: ${issue.keys
      .slice(0, 3)
      .map((key) => `"${key.slice(0, 40)}"`)
      .join(", ")}`;
  }
  return field ? `${where}: expected of "${field}" ${issue.message}` : `${where} is not ${issue.message}`;
}
