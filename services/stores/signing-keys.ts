import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from "node:crypto";

/** A secret of the cluster's, with the name that records carry. */
export interface SigningKey {
  id: string;
  secret: KeyObject;
}

/** What stands in a record of its signer: the key's id, filled with zeros, and the MAC. */
export const signatureBytes = 48;
const idBytes = 16;

/** What a signature is of; one of another kind never passes for it. */
type SignedKind = "embedding" | "image" | "verdict";

/** What a signature binds: a kind, the name that the bytes go by, and the bytes. */
export interface Signed {
  kind: SignedKind;
  name: string;
  parts: readonly Uint8Array[];
}

/**
 * The keys that this process signs what it puts into the shared cache with, and knows by them what its like have put there.
 * Without any, nothing is signed and everything is believed.
 */
export class SigningKeys {
  #keys: readonly SigningKey[];

  constructor(keys: readonly SigningKey[] = []) {
    this.#keys = keys;
  }

  get ids(): string[] {
    return this.#keys.map(({ id }) => id);
  }

  replace(keys: readonly SigningKey[]): void {
    this.#keys = keys;
  }

  /** By the first key. @returns `signatureBytes`; undefined without keys. */
  sign(signed: Signed): Uint8Array | undefined {
    const [key] = this.#keys;
    if (!key) return undefined;
    const signature = new Uint8Array(signatureBytes);
    signature.set(Buffer.from(key.id, "latin1"));
    signature.set(macOf(key, signed), idBytes);
    return signature;
  }

  /** @returns why it is not valid by any key, in a `RecordError`'s words; without keys everything is. */
  faultOf(signed: Signed, signature: Uint8Array): "unsigned" | "signature" | undefined {
    if (this.#keys.length === 0) return undefined;
    if (signature.every((byte) => byte === 0)) return "unsigned";
    const id = Buffer.from(signature.subarray(0, idBytes)).toString("latin1").replace(/\0+$/, "");
    const key = this.#keys.find((one) => one.id === id);
    const mac = signature.subarray(idBytes);
    const isValid = key && signature.byteLength === signatureBytes && timingSafeEqual(macOf(key, signed), mac);
    return isValid ? undefined : "signature";
  }
}

function macOf({ secret }: SigningKey, { kind, name, parts }: Signed): Buffer {
  // Neither has a line break in it: no two of what is signed give the same bytes.
  const hmac = createHmac("sha256", secret).update(`maskwire ${kind}\n${name}\n`);
  for (const part of parts) hmac.update(part);
  return hmac.digest();
}

const leastSecretBytes = 32;
const mostKeys = 100;
export const signingKeyForm =
  "a file with a key a line, the first of which signs: ID:SECRET, the secret in hex or base64";

/**
 * Reads a file of keys: `id:secret` a line, of which the first signs. Empty lines and those that begin with # are skipped.
 * @throws Error that names the line at fault, and tells nothing of its secret.
 */
export function parseSigningKeys(text: string): SigningKey[] {
  const keys: SigningKey[] = [];
  for (const [index, whole] of text.split(/\r\n|\n|\r/).entries()) {
    const line = whole.trim();
    if (line === "" || line.startsWith("#")) continue;
    const refuse = (why: string) => new Error(`line ${index + 1} ${why}`);
    const [, id, secret = ""] = /^([^:]*):(.*)$/s.exec(line) ?? [];
    if (id === undefined) throw refuse("has no colon between id and secret");
    if (!/^[\w.-]{1,16}$/.test(id)) throw refuse("has an id that is not 1 to 16 letters, digits, . - and _");
    if (keys.some((key) => key.id === id)) throw refuse("has the id of a line before it");
    const bytes = secretOf(secret.trim());
    if (!bytes) throw refuse("has a secret that is neither hex nor base64");
    if (bytes.byteLength < leastSecretBytes) {
      throw refuse(`has a secret of ${bytes.byteLength} bytes; at least ${leastSecretBytes} are needed`);
    }
    if (keys.length === mostKeys) throw refuse(`is one more key than the ${mostKeys} that may be`);
    keys.push({ id, secret: createSecretKey(bytes) });
  }
  if (keys.length === 0) throw new Error("no line of it holds a key");
  return keys;
}

/** Hex where it can be hex: 64 such digits are a secret of 32 bytes, not base64 of 48. */
function secretOf(text: string): Buffer | undefined {
  if (/^([0-9a-f]{2})+$/i.test(text)) return Buffer.from(text, "hex");
  if (!/^[\w+/-]+={0,2}$/.test(text)) return undefined;
  return Buffer.from(text, "base64");
}
