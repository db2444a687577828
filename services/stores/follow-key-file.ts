import { readFileSync, watch } from "node:fs";
import { dirname } from "node:path";
import type { Logger } from "../runtime/logger.js";
import { parseSigningKeys, type SigningKey, type SigningKeys } from "./signing-keys.js";

/** Several events come for one change. */
const settleMs = 100;

/** Where nobody tells of changes, as on some network file systems, they are found by looking. */
const lookMs = 10_000;

export interface KeyFile {
  path: string;
  keys: SigningKey[];
}

/** @throws Error that says what is wrong with the file, and tells nothing of its secrets. */
export function readKeyFile(path: string): KeyFile {
  return { path, keys: parseSigningKeys(readFileSync(path, "utf8")) };
}

/**
 * Takes over the file's keys whenever it changes; one that cannot be used is logged, and the keys stay as they are. The
 * folder is watched: mounted secrets are changed by moving a link, and the file itself never changes.
 */
export function followKeyFile(path: string, keys: SigningKeys, logger: Logger): { close(): void } {
  let before: string | undefined = read();
  let settling: NodeJS.Timeout | undefined;

  function read(): string | undefined {
    try {
      return readFileSync(path, "utf8");
    } catch {
      return undefined;
    }
  }

  const look = () => {
    const text = read();
    if (text === before) return;
    before = text;
    try {
      keys.replace(parseSigningKeys(text ?? ""));
      logger.info({ keys: keys.ids }, "signing keys have changed");
    } catch (error) {
      const why = text === undefined ? "it cannot be read" : (error as Error).message;
      logger.error({ why, keys: keys.ids }, "the file of signing keys cannot be used; the keys stay as they were");
    }
  };
  const lookSoon = () => {
    clearTimeout(settling);
    settling = setTimeout(look, settleMs).unref();
  };
  const looks = setInterval(look, lookMs).unref();
  const watcher = follow(dirname(path), lookSoon);
  return {
    close: () => {
      clearTimeout(settling);
      clearInterval(looks);
      watcher?.close();
    },
  };
}

/** undefined where the system has no watches left: the file is looked at now and then all the same. */
function follow(folder: string, onChange: () => void) {
  try {
    const watcher = watch(folder, { persistent: false }, onChange);
    watcher.on("error", () => watcher.close());
    return watcher;
  } catch {
    return undefined;
  }
}
