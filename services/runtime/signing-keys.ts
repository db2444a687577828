import { createSecretKey, type KeyObject } from "node:crypto";
import { readFileSync } from "node:fs";
import { z } from "zod";
import { followFiles } from "./follow-files.js";
import type { Logger } from "./logger.js";

/** A secret of the cluster's, with the name that what it has signed carries. */
export interface SigningKey {
  id: string;
  secret: KeyObject;
}

const leastSecretBytes = 32;
const mostKeys = 100;
const form = "a file with a key a line, the first of which signs: ID:SECRET, the secret in hex or base64";

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

export interface SigningKeyFile {
  path: string;
  keys: SigningKey[];
}

/** @throws Error that says what is wrong with the file, and tells nothing of its secrets. */
export function readSigningKeys(path: string): SigningKeyFile {
  return { path, keys: parseSigningKeys(readFileSync(path, "utf8")) };
}

/** A setting that names such a file. */
export const signingKeyFile = z.string().transform((path, context) => {
  try {
    return readSigningKeys(path);
  } catch (error) {
    // Of a file that cannot be read the reason is plain from the path.
    const why = error instanceof Error && "code" in error ? "it cannot be read" : (error as Error).message;
    context.addIssue(`the path of ${form} (${why})`);
    return z.NEVER;
  }
});

/** What uses the keys of a file. */
interface KeyHolder {
  readonly ids: string[];
  replace(keys: readonly SigningKey[]): void;
}

/** Takes over the file's keys whenever it changes; one that cannot be used is logged, and the keys stay as they are. */
export function followSigningKeys(path: string, holder: KeyHolder, logger: Logger): { close(): void } {
  return followFiles([path], {
    take: ([text]) => {
      if (text === undefined) throw new Error("it cannot be read");
      holder.replace(parseSigningKeys(text));
      logger.info({ path, keys: holder.ids }, "signing keys have changed");
    },
    refused: (why) =>
      logger.error(
        { path, why, keys: holder.ids },
        "the file of signing keys cannot be used; the keys stay as they were",
      ),
  });
}
