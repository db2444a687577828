import { readFileSync, watch } from "node:fs";
import { dirname } from "node:path";

/** Several events come for one change. */
const settleMs = 100;
/** In a folder where something else is written all the time they never end. */
const longestSettleMs = 500;
/** What could not be used is read again no sooner: it may be in the making, or wrong in one way after the other. */
const brokenMs = 900;

/** Where nobody tells of changes, as on some network file systems, they are found by looking. */
const lookMs = 10_000;

/** Who uses what files say. */
interface FilesUser {
  /**
   * Takes their texts over, in the order of the paths, undefined for one that cannot be read.
   * @throws Error that says why they cannot be used; what was taken before stays.
   */
  take(texts: readonly (string | undefined)[]): void;
  /** Told why they cannot be used: once, until there is another reason, or they have been of use in between. */
  refused(why: string): void;
}

/**
 * Tells when one of the files says something else, or is gone or there again. Their folders are watched: mounted secrets are
 * changed by moving a link, and the files themselves never change.
 * @param known what they said when they were read, where that was before: what has changed since is told, too.
 */
export function followFiles(
  paths: readonly string[],
  user: FilesUser,
  known?: readonly (string | undefined)[],
): { close(): void } {
  const read = () => paths.map(textOf);
  let before = known ?? read();
  let fault: string | undefined;
  /** From when on they may be looked at again. */
  let notBefore = 0;
  let settling: { readonly timer: NodeJS.Timeout; readonly until: number } | undefined;
  const look = () => {
    clearTimeout(settling?.timer);
    settling = undefined;
    const texts = read();
    if (texts.every((text, at) => text === before[at])) return;
    before = texts;
    try {
      user.take(texts);
      fault = undefined;
    } catch (error) {
      notBefore = performance.now() + brokenMs;
      const why = error instanceof Error ? error.message : String(error);
      if (why !== fault) user.refused(why);
      fault = why;
    }
  };
  const lookSoon = () => {
    const now = performance.now();
    const until = settling?.until ?? Math.max(now + longestSettleMs, notBefore);
    clearTimeout(settling?.timer);
    const at = Math.max(Math.min(now + settleMs, until), notBefore, now);
    settling = { timer: setTimeout(look, at - now).unref(), until };
  };
  const looks = setInterval(look, lookMs).unref();
  if (known) lookSoon();
  const watchers = [...new Set(paths.map((path) => dirname(path)))].map((folder) => follow(folder, lookSoon));
  return {
    close: () => {
      clearTimeout(settling?.timer);
      clearInterval(looks);
      for (const watcher of watchers) watcher?.close();
    },
  };
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

/** undefined where the system has no watches left: the files are looked at now and then all the same. */
function follow(folder: string, onChange: () => void) {
  try {
    const watcher = watch(folder, { persistent: false }, onChange);
    watcher.on("error", () => watcher.close());
    return watcher;
  } catch {
    return undefined;
  }
}
