import { createReadStream } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import type { Source, SourceFile } from "../formats/types.js";
import { isLeftBehind } from "./left-behind.js";

/** Everything below a folder, by name. Links are not followed. @throws Error when it cannot be read. */
export async function openFolder(folder: string): Promise<Source> {
  const files: SourceFile[] = [];
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const name = relative(folder, path).split(sep).join("/");
    if (!isLeftBehind(name)) files.push({ path: name, bytes: (await stat(path)).size });
  }
  files.sort((a, b) => (a.path < b.path ? -1 : 1));
  const known = new Set(files.map(({ path }) => path));
  return {
    files,
    problems: [],
    open: (path) => {
      if (!known.has(path)) throw new Error(`not a file of this folder: ${path}`);
      return createReadStream(join(folder, path));
    },
  };
}
