import "../../inference/models/no-telemetry.js";
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { env } from "onnxruntime-node";
import type { ModelSpec } from "../../inference/models/manifest.js";
import type { ParityReport } from "../rewrite/check-parity.js";
import type { OptimisedDecoder } from "../rewrite/optimise-decoder.js";

/** Bumped when the rewriter makes other graphs of the same weights. */
const rewriterVersion = 3;

const parts = ["prefix", "step", "stepWithMask"] as const;
export type Part = (typeof parts)[number];

/** Where a decoder's graphs lie, and why it is the stock one if it is. */
export type DecoderFiles =
  | { kind: "rewritten"; paths: Record<Part, string>; digests: Record<Part, string>; parity: ParityReport }
  | { kind: "stock"; path: string; reason: string };

interface CacheRecord {
  /** Why the stock graph is to be served; absent for a rewritten one. */
  reason?: string;
  /** Hex SHA-256 of each part. */
  digests?: Record<Part, string>;
  /** How far it was from the stock graph when it was proven, on this machine. */
  parity?: ParityReport;
}

/**
 * The rewritten graphs of a decoder, from the cache or made now; the stock graph where it cannot be rewritten.
 *
 * Parity is proven on the machine that serves, so the cache's key holds, besides the weights' digest, all that decides how
 * a graph runs: rewriter, runtime and processor.
 * @param stockPath the verified export.
 * @param cacheDir a folder for the graphs; made when missing.
 * @param options `again`: made and proven anew, whatever the cache holds. `onMaking`: told when it is not in the cache.
 */
export async function decoderFiles(
  model: ModelSpec,
  stockPath: string,
  cacheDir: string,
  { again = false, onMaking = () => {} }: { again?: boolean; onMaking?: () => void } = {},
): Promise<DecoderFiles> {
  const runtime = `${env.versions.node ?? ""}:${cpus()[0]?.model ?? ""}:${process.arch}`;
  const key = createHash("sha256")
    .update(`${model.decoder.sha256}:${rewriterVersion}:${runtime}`)
    .digest("hex")
    .slice(0, 32);
  const folder = join(cacheDir, `decoder-${model.id}-${key}`);
  if (again) await rm(folder, { recursive: true, force: true });
  const cached = await readCached(folder, stockPath);
  if (cached) return cached;
  onMaking();
  await mkdir(cacheDir, { recursive: true });
  const fresh = await mkdtemp(join(cacheDir, "making-"));
  await write(fresh, await optimiseInThread(stockPath));
  // Another process may have been faster; its graphs are as good.
  await rename(fresh, folder).catch(() => rm(fresh, { recursive: true, force: true }));
  const made = await readCached(folder, stockPath);
  if (!made) throw new Error(`the optimised decoder in ${folder} cannot be read back`);
  return made;
}

async function readCached(folder: string, stockPath: string): Promise<DecoderFiles | undefined> {
  try {
    const record: CacheRecord = JSON.parse(await readFile(join(folder, "record.json"), "utf8"));
    if (record.reason !== undefined) return { kind: "stock", path: stockPath, reason: record.reason };
    const { parity } = record;
    if (!parity) throw new Error("a record from before parity was kept");
    const { digests } = record;
    if (!digests) throw new Error("a record without digests");
    for (const part of parts) {
      const digest = createHash("sha256").update(await readFile(join(folder, `${part}.onnx`)));
      if (digest.digest("hex") !== digests[part]) throw new Error(`${part} is damaged`);
    }
    return { kind: "rewritten", paths: mapParts((part) => join(folder, `${part}.onnx`)), digests, parity };
  } catch {
    // Not there, or damaged: made again.
    await rm(folder, { recursive: true, force: true });
    return undefined;
  }
}

async function write(folder: string, made: OptimisedDecoder): Promise<void> {
  let record: CacheRecord;
  if (made.kind === "rewritten") {
    for (const part of parts) await writeFile(join(folder, `${part}.onnx`), made.graphs[part]);
    const digests = mapParts((part) => createHash("sha256").update(made.graphs[part]).digest("hex"));
    record = { digests, parity: made.parity };
  } else {
    record = { reason: made.reason };
  }
  await writeFile(join(folder, "record.json"), JSON.stringify(record, null, 2));
}

/** Rewriting and proving take a second or two of computing: not on the thread that answers health checks. */
function optimiseInThread(stockPath: string): Promise<OptimisedDecoder> {
  const worker = new Worker(new URL("./optimise-worker.js", import.meta.url), { workerData: { stockPath } });
  return new Promise<OptimisedDecoder>((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
    worker.once("exit", (code) => reject(new Error(`optimising stopped with exit code ${code}`)));
  }).finally(() => worker.terminate());
}

function mapParts<T>(value: (part: Part) => T): Record<Part, T> {
  return { prefix: value("prefix"), step: value("step"), stepWithMask: value("stepWithMask") };
}
