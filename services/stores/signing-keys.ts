import { createHmac, timingSafeEqual } from "node:crypto";
import type { SigningKey } from "../runtime/signing-keys.js";

/** What stands in a record of its signer: the key's id, filled with zeros, and the MAC. */
export const signatureBytes = 48;
const idBytes = 16;

/** What a signature is of; one of another kind never passes for it. */
type SignedKind = "embedding" | "image" | "findings" | "verdict";

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
