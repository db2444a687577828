import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";
import { closedAbove } from "./account.js";
import type { Programs } from "./programs.js";

/** Programs that can be run as they are, with where their libraries are. */
interface Runnable {
  readonly bin: string;
  readonly libraries: readonly string[];
}

/**
 * Makes the links that npm does not, beside the server's files: what is installed may be read-only. Where whom the server runs as
 * cannot reach the programs they are copied there. @param folder the server's own. @param isOther whether it runs as another user.
 */
export function preparePrograms({ bin, packaged, links }: Programs, folder: string, isOther: boolean): Runnable {
  if (!packaged) return { bin, libraries: [] };
  const isClosed = isOther && closedAbove(bin) !== undefined;
  const home = isClosed ? copied(packaged, join(folder, "programs")) : packaged.root;
  const lib = join(home, "lib");
  const linked = join(folder, "lib");
  rmSync(linked, { recursive: true, force: true });
  mkdirSync(linked);
  for (const [name, target] of Object.entries(links)) symlinkSync(join(lib, target), join(linked, name));
  return { bin: join(home, "bin"), libraries: [linked, lib] };
}

/** @returns where it is now. */
function copied({ root, release }: NonNullable<Programs["packaged"]>, place: string): string {
  const mark = join(place, "release");
  if (existsSync(mark) && readFileSync(mark, "utf8") === release) return place;
  // Of a release before, or of one that was ended while it copied.
  rmSync(place, { recursive: true, force: true });
  cpSync(root, place, {
    recursive: true,
    dereference: true,
    filter: (path) => !path.endsWith(".a") && basename(path) !== "pgxs",
  });
  openToAll(place);
  writeFileSync(mark, release);
  return place;
}

function openToAll(folder: string): void {
  chmodSync(folder, 0o755);
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) openToAll(path);
    else if (existsSync(path)) chmodSync(path, basename(folder) === "bin" ? 0o755 : 0o644);
  }
}
