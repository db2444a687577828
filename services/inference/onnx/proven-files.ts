import "../models/no-telemetry.js";
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import { join } from "node:path";
import { env } from "onnxruntime-node";

/** What a rewriter has made of a stock graph: files by their parts, and how far they are from it; or why there is nothing. */
type Made<Part extends string, Parity> =
  | { readonly kind: "rewritten"; readonly files: Readonly<Record<Part, Uint8Array>>; readonly parity: Parity }
  | { readonly kind: "stock"; readonly reason: string };

/** The same on the disk. */
type ProvenFiles<Part extends string, Parity> =
  | { kind: "rewritten"; paths: Record<Part, string>; digests: Record<Part, string>; parity: Parity }
  | { kind: "stock"; reason: string };

interface Making<Part extends string, Parity> {
  /** A folder for such folders; made when missing. */
  cacheDir: string;
  /** Begins the name of its own folder. */
  name: string;
  /** All that decides what is made, besides this machine, as JSON takes it: digest of the weights, version of the rewriter. */
  madeOf: readonly unknown[];
  /** Names of the files. */
  files: Readonly<Record<Part, string>>;
  make: () => Promise<Made<Part, Parity>>;
  /** Made and proven anew, whatever the cache holds. */
  again?: boolean;
  /** Told when it is not in the cache. */
  onMaking?: () => void;
}

interface CacheRecord<Part extends string, Parity> {
  /** Why the stock graph is to be served; absent for a rewritten one. */
  reason?: string;
  /** Hex SHA-256 of each part. */
  digests?: Record<Part, string>;
  /** How far it was from the stock graph when it was proven, on this machine. */
  parity?: Parity;
}

/**
 * What was made of a stock graph, from the cache or made now.
 *
 * It is proven on the machine that serves, so the cache's key holds, besides what it was made of, all that decides how a graph
 * runs: runtime and processor. Where the cache cannot be written, nothing is served of it.
 */
export async function provenFiles<Part extends string, Parity>(
  making: Making<Part, Parity>,
): Promise<ProvenFiles<Part, Parity>> {
  const { cacheDir, name, madeOf, files, again = false, onMaking = () => {} } = making;
  const runtime = [env.versions.node ?? "", cpus()[0]?.model ?? "", process.arch];
  const key = createHash("sha256")
    .update(JSON.stringify([...madeOf, ...runtime]))
    .digest("hex")
    .slice(0, 32);
  const folder = join(cacheDir, `${name}-${key}`);
  if (again) await rm(folder, { recursive: true, force: true });
  const cached = await readCached<Part, Parity>(folder, files);
  if (cached) return cached;
  onMaking();
  const unwritable = await keep(making, folder);
  if (unwritable) return { kind: "stock", reason: `${cacheDir} cannot be written: ${unwritable.message}` };
  const made = await readCached<Part, Parity>(folder, files);
  if (!made) throw new Error(`what was made in ${folder} cannot be read back`);
  return made;
}

/** @returns why the disk does not take it. */
async function keep<Part extends string, Parity>(
  { cacheDir, files, make }: Making<Part, Parity>,
  folder: string,
): Promise<NodeJS.ErrnoException | undefined> {
  let fresh: string | undefined;
  try {
    await mkdir(cacheDir, { recursive: true });
    fresh = await mkdtemp(join(cacheDir, "making-"));
    await write(fresh, files, await make());
    // Another process may have been faster; its graphs are as good.
    await rename(fresh, folder).catch(() => rm(fresh as string, { recursive: true, force: true }));
    return undefined;
  } catch (error) {
    if (fresh !== undefined) await rm(fresh, { recursive: true, force: true });
    if ((error as NodeJS.ErrnoException).syscall === undefined) throw error;
    return error as NodeJS.ErrnoException;
  }
}

async function readCached<Part extends string, Parity>(
  folder: string,
  files: Readonly<Record<Part, string>>,
): Promise<ProvenFiles<Part, Parity> | undefined> {
  try {
    const record: CacheRecord<Part, Parity> = JSON.parse(await readFile(join(folder, "record.json"), "utf8"));
    const { reason, parity, digests } = record;
    if (reason !== undefined) return { kind: "stock", reason };
    if (!parity) throw new Error("a record from before parity was kept");
    if (!digests) throw new Error("a record without digests");
    const paths = mapParts(files, (part) => join(folder, files[part]));
    for (const part of partsOf(files)) {
      if (digestOf(await readFile(paths[part])) !== digests[part]) throw new Error(`${part} is damaged`);
    }
    return { kind: "rewritten", paths, digests, parity };
  } catch {
    // Not there, or damaged: made again. Who cannot take it away cannot write either, and is told then.
    await rm(folder, { recursive: true, force: true }).catch(() => {});
    return undefined;
  }
}

async function write<Part extends string, Parity>(
  folder: string,
  files: Readonly<Record<Part, string>>,
  made: Made<Part, Parity>,
): Promise<void> {
  let record: CacheRecord<Part, Parity>;
  if (made.kind === "rewritten") {
    for (const part of partsOf(files)) await writeFile(join(folder, files[part]), made.files[part]);
    record = { digests: mapParts(files, (part) => digestOf(made.files[part])), parity: made.parity };
  } else {
    record = { reason: made.reason };
  }
  await writeFile(join(folder, "record.json"), JSON.stringify(record, null, 2));
}

const digestOf = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

const partsOf = <Part extends string>(files: Readonly<Record<Part, string>>) => Object.keys(files) as Part[];

function mapParts<Part extends string, T>(files: Readonly<Record<Part, string>>, value: (part: Part) => T) {
  return Object.fromEntries(partsOf(files).map((part) => [part, value(part)])) as Record<Part, T>;
}
