import { readFileSync, watch } from "node:fs";
import { dirname } from "node:path";

/** Several events come for one change. */
const settleMs = 100;

/** Where nobody tells of changes, as on some network file systems, they are found by looking. */
const lookMs = 10_000;

/**
 * Tells when one of the files says something else, or is gone or there again. Their folders are watched: mounted secrets are
 * changed by moving a link, and the files themselves never change.
 * @param onChange is given their texts in the order of the paths, undefined for one that cannot be read.
 * @param known what they said when they were read, where that was before: what has changed since is told, too.
 */
export function followFiles(
  paths: readonly string[],
  onChange: (texts: readonly (string | undefined)[]) => void,
  known?: readonly (string | undefined)[],
): { close(): void } {
  const read = () => paths.map(textOf);
  let before = known ?? read();
  let settling: NodeJS.Timeout | undefined;
  const look = () => {
    const texts = read();
    if (texts.every((text, at) => text === before[at])) return;
    before = texts;
    onChange(texts);
  };
  const lookSoon = () => {
    clearTimeout(settling);
    settling = setTimeout(look, settleMs).unref();
  };
  const looks = setInterval(look, lookMs).unref();
  if (known) lookSoon();
  const watchers = [...new Set(paths.map((path) => dirname(path)))].map((folder) => follow(folder, lookSoon));
  return {
    close: () => {
      clearTimeout(settling);
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
