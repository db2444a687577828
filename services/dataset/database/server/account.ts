import { spawnSync } from "node:child_process";
import { statSync } from "node:fs";
import { dirname } from "node:path";
import { Code, ServiceError } from "../../../runtime/errors.js";

/** Whom a program runs as. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/**
 * Whom the server runs as where that is not this process's own user: PostgreSQL refuses to be root. Whoever has its files, else
 * `postgres`, else `nobody`. @param data where its files are, or will be.
 */
export function serverAccount(data: string): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const owner = statSync(data, { throwIfNoEntry: false });
  if (owner && owner.uid !== 0) return owner;
  const found = accountOf("postgres") ?? accountOf("nobody");
  if (!found) throw refused("PostgreSQL does not run as root, and there is no user postgres or nobody here");
  return found;
}

/** @throws ServiceError FAILED_PRECONDITION when a folder above it is closed to whom the server runs as. */
export function checkReachable(folder: string): void {
  const closed = closedAbove(folder);
  if (closed === undefined) return;
  throw refused(
    `PostgreSQL does not run as root, and others may not enter ${closed}: set MASKWIRE_DATA_DIR to a folder elsewhere, such as /var/lib/maskwire`,
  );
}

/** The first folder on the way to it that only its owner and group may enter. */
export function closedAbove(folder: string): string | undefined {
  const parent = dirname(folder);
  if (parent === folder) return undefined;
  return closedAbove(parent) ?? ((statSync(parent).mode & 0o001) === 0 ? parent : undefined);
}

function accountOf(name: string): Account | undefined {
  const [uid, gid] = ["-u", "-g"].map((what) => {
    const { status, stdout } = spawnSync("id", [what, name], { encoding: "utf8" });
    return status === 0 ? Number(stdout) : undefined;
  });
  return uid === undefined || gid === undefined || uid <= 0 ? undefined : { uid, gid };
}

const refused = (why: string) =>
  new ServiceError({
    code: Code.FAILED_PRECONDITION,
    message: `${why}; or set MASKWIRE_DATABASE_URL to a server that runs.`,
  });
