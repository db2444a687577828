import { rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const given: string[] = [];

/**
 * Where a program that a test starts keeps data sets unless it is told otherwise: nobody's real ones are ever near, and no two
 * want the same database. Made by the program with its first data set, taken away with the test's process.
 */
export function ownDataFolder(): string {
  if (given.length === 0) process.once("exit", takeAway);
  const folder = join(tmpdir(), `maskwire-data-${process.pid}-${given.length}`);
  given.push(folder);
  return folder;
}

function takeAway(): void {
  // The database of a program that was killed writes until it has noticed.
  for (const folder of given) rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
}
