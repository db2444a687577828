import { readFileSync } from "node:fs";
import { followFiles } from "../runtime/follow-files.js";
import type { Logger } from "../runtime/logger.js";
import { parseSigningKeys, type SigningKey, type SigningKeys } from "./signing-keys.js";

export interface KeyFile {
  path: string;
  keys: SigningKey[];
}

/** @throws Error that says what is wrong with the file, and tells nothing of its secrets. */
export function readKeyFile(path: string): KeyFile {
  return { path, keys: parseSigningKeys(readFileSync(path, "utf8")) };
}

/** Takes over the file's keys whenever it changes; one that cannot be used is logged, and the keys stay as they are. */
export function followKeyFile(path: string, keys: SigningKeys, logger: Logger): { close(): void } {
  return followFiles([path], ([text]) => {
    try {
      keys.replace(parseSigningKeys(text ?? ""));
      logger.info({ keys: keys.ids }, "signing keys have changed");
    } catch (error) {
      const why = text === undefined ? "it cannot be read" : (error as Error).message;
      logger.error({ why, keys: keys.ids }, "the file of signing keys cannot be used; the keys stay as they were");
    }
  });
}
