import { open, readFile, realpath, rename, rm, stat } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { codeOf } from "../../runtime/error-code.js";
import { OperationalError } from "../../runtime/operational-error.js";
import { type KeyEntry, parseKeyFile, writeKeyFile } from "./key-file.js";

/** The file of keys cannot be read or written, or is somebody else's for the moment. */
class KeyFileError extends OperationalError {
  override readonly name = "KeyFileError";
}

/** Another command that writes to it takes milliseconds. */
const lockTries = 50;
const lockPauseMs = 100;
/** For who has made it alone, until they say otherwise. */
const newMode = 0o600;

/** @throws KeyFileError, also where there is none. */
export async function readKeys(path: string): Promise<KeyEntry[]> {
  const text = await readFile(path, "utf8").catch((error: unknown) => {
    throw unusable(path, error);
  });
  return parse(path, text).keys;
}

/**
 * Writes what `edit` makes of the keys: all of it or nothing, and nothing of what another command writes meanwhile is lost.
 * @param path of a file that need not be there yet. @throws KeyFileError, and whatever `edit` throws.
 */
export async function editKeys(path: string, edit: (keys: KeyEntry[]) => KeyEntry[]): Promise<void> {
  // A link stays one.
  const target = await realpath(path).catch(() => path);
  const unlock = await lock(target);
  try {
    const before = await readFile(target, "utf8").catch((error: unknown) => {
      if (codeOf(error) === "ENOENT") return undefined;
      throw unusable(path, error);
    });
    const { keys, tenants } = before === undefined ? { keys: [], tenants: {} } : parse(path, before);
    await replace(target, writeKeyFile({ keys: edit(keys), tenants })).catch((error: unknown) => {
      throw unusable(path, error);
    });
  } finally {
    await unlock();
  }
}

function parse(path: string, text: string): ReturnType<typeof parseKeyFile> {
  try {
    return parseKeyFile(text);
  } catch (error) {
    throw new KeyFileError(`${path} is no file of keys: ${(error as Error).message}.`, { cause: error });
  }
}

async function lock(target: string): Promise<() => Promise<void>> {
  const path = `${target}.lock`;
  for (let tries = 1; ; tries++) {
    try {
      await (await open(path, "wx", newMode)).close();
      return () => rm(path, { force: true });
    } catch (error) {
      if (codeOf(error) !== "EEXIST") throw unusable(target, error);
      if (tries === lockTries) {
        throw new KeyFileError(`Another command is writing ${target}; if there is none, remove ${path}.`, {
          cause: error,
        });
      }
      await sleep(lockPauseMs);
    }
  }
}

/** In one step: whoever reads meanwhile sees the one before or the new one. */
async function replace(target: string, text: string): Promise<void> {
  const before = await stat(target).catch(() => undefined);
  const part = `${target}.new`;
  await rm(part, { force: true });
  const file = await open(part, "wx", newMode);
  try {
    await file.writeFile(text);
    if (before) {
      if (before.uid !== process.getuid?.() || before.gid !== process.getgid?.())
        await file.chown(before.uid, before.gid);
      await file.chmod(before.mode & 0o777);
    }
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(part, target);
}

function unusable(path: string, cause: unknown): KeyFileError {
  const code = codeOf(cause);
  if (code === "ENOENT") return new KeyFileError(`There is no ${path}, or no folder for it.`, { cause });
  if (code === "EACCES" || code === "EPERM") return new KeyFileError(`You may not read and write ${path}.`, { cause });
  return new KeyFileError(`${path} cannot be used: ${code ?? String(cause)}.`, { cause });
}
