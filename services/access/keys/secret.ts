import { createHash, randomBytes } from "node:crypto";

/** What a key's holder shows: the key's id, and the secret that proves it. */
interface ShownKey {
  readonly id: string;
  readonly secret: string;
}

/** Tells keys from tokens, and lets those who look for leaked secrets find them. */
export const keyPrefix = "mw_";

/** Without the colon that tokens' ids have: no token can pass for a key. */
const idForm = /^[A-Za-z0-9][\w.-]{0,62}$/;
export const isKeyId = (text: string) => idForm.test(text);
export const keyIdWords = 'an id is 1 to 63 letters, digits, ".", "_" and "-", the first a letter or digit';

const secretBytes = 32;
/** The secret has a fixed length: the id may have "_" in it. */
const keyForm = /^mw_([A-Za-z0-9][\w.-]{0,62})_([\w-]{43})$/;

/** undefined for what is no key. */
export function parseKey(text: string): ShownKey | undefined {
  const [, id, secret] = keyForm.exec(text) ?? [];
  return id === undefined || secret === undefined ? undefined : { id, secret };
}

export const formatKey = ({ id, secret }: ShownKey) => `${keyPrefix}${id}_${secret}`;

/** 256 random bits: nothing that could be guessed, and no reason to make its digest slow. */
export const newSecret = () => randomBytes(secretBytes).toString("base64url");

/** What is kept of a secret. */
export const digestOf = (secret: string) => createHash("sha256").update(secret).digest();
