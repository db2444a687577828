import { copyFileSync, cpSync, linkSync, lstatSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";

/**
 * Has what is at one place at another too, for who writes to neither: the same files, copies of them on another disk.
 * @param leavesOut names in the folder itself that stay behind.
 */
export function placeFiles(from: string, to: string, leavesOut: readonly string[] = []): void {
  const what = lstatSync(from);
  if (what.isFile()) return linkOrCopy(from, to);
  if (!what.isDirectory()) return cpSync(from, to, { verbatimSymlinks: true });
  mkdirSync(to, { recursive: true });
  for (const name of readdirSync(from)) {
    if (!leavesOut.includes(name)) placeFiles(join(from, name), join(to, name));
  }
}

function linkOrCopy(from: string, to: string): void {
  if (tryLink(from, to)) return;
  // One that was there stands for the same file: linked anew it keeps its time, by which the compiler knows what is new.
  rmSync(to, { force: true });
  if (!tryLink(from, to)) copyFileSync(from, to);
}

function tryLink(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch {
    return false;
  }
}
