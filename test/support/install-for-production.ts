import { mkdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { projectRoot } from "../../services/runtime/project-root.js";
import { placeFiles } from "./place-files.js";

/** What a package lock says of one of its packages. */
interface Locked {
  dev?: true;
  optional?: true;
}

/**
 * `npm ci --omit=dev` in a folder with this checkout's package-lock.json: the same packages, those that are installed here.
 * @throws Error when one is not.
 */
export function installForProduction(folder: string): void {
  const text = readFileSync(join(folder, "package-lock.json"), "utf8");
  const { packages } = JSON.parse(text) as { packages: Record<string, Locked> };
  for (const [path, { dev, optional }] of Object.entries(packages)) {
    // What the lock has beside these are packages of this repository, which npm only links to.
    if (!path.includes("node_modules/") || dev) continue;
    try {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      // The packages in it are in the lock by themselves.
      placeFiles(join(projectRoot, path), join(folder, path), ["node_modules"]);
    } catch (error) {
      // Of another platform.
      if (optional && (error as NodeJS.ErrnoException).code === "ENOENT") continue;
      throw error;
    }
  }
}
