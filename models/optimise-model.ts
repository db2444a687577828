import { stat } from "node:fs/promises";
import { decoderFiles } from "../services/decoder/graphs/decoder-files.js";
import { type ParityReport, parityLimits } from "../services/decoder/rewrite/check-parity.js";
import type { Manifest } from "../services/inference/models/manifest.js";
import { verifyModelFile } from "../services/inference/models/model-file.js";

interface OptimisedFile {
  /** What of the decoder it is: the stock graph, or a part of the rewritten one. */
  part: string;
  path: string;
  bytes: number;
}

/** What the server will run for a model, and why. */
interface Optimisation {
  model: string;
  kind: "rewritten" | "stock";
  /** Taken from the cache as it was; false: made and proven now. */
  cached: boolean;
  stockBytes: number;
  files: OptimisedFile[];
  /** Against the stock graph, on this machine. */
  parity?: ParityReport;
  /** Why it is the stock graph. */
  reason?: string;
}

/**
 * Does what the server does at its first start: rewrites a decoder, proves it and keeps it.
 * @throws ServiceError naming the models there are when there is none of that id; Error when its file is not the manifest's.
 */
export async function optimiseModel(
  manifest: Manifest,
  id: string,
  cacheDir: string,
  { force }: { force: boolean },
): Promise<Optimisation> {
  const model = manifest.get(id);
  const stock = await verifyModelFile(model.decoder, manifest);
  let cached = true;
  const onMaking = () => {
    cached = false;
  };
  const made = await decoderFiles(model, stock, cacheDir, { again: force, onMaking });
  const paths = made.kind === "stock" ? { stock: made.path } : made.paths;
  const files: OptimisedFile[] = [];
  for (const [part, path] of Object.entries(paths)) files.push({ part, path, bytes: (await stat(path)).size });
  return {
    model: id,
    kind: made.kind,
    cached,
    stockBytes: (await stat(stock)).size,
    files,
    ...(made.kind === "rewritten" ? { parity: made.parity } : { reason: made.reason }),
  };
}

export function optimisationText({ model, kind, cached, stockBytes, files, parity, reason }: Optimisation): string {
  if (kind === "stock") return `${model}: served as it is (${megabytes(stockBytes)}), because ${reason}`;
  const lines = [
    `${model}: ${cached ? "rewritten before" : "rewritten now"}, stock graph ${megabytes(stockBytes)}`,
    ...files.map(({ part, path, bytes }) => `  ${part.padEnd(12)}  ${megabytes(bytes).padStart(8)}  ${path}`),
  ];
  if (parity) {
    const { maxLogitDifference, maxScoreDifference, signFlips, compared } = parity;
    lines.push(
      `  logits differ by ${maxLogitDifference.toExponential(1)} at most (limit ${parityLimits.logits})`,
      `  scores differ by ${maxScoreDifference.toExponential(1)} at most (limit ${parityLimits.scores})`,
      `  ${signFlips} of ${compared} logits have another sign`,
    );
  }
  return lines.join("\n");
}

const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;
