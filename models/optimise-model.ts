import { stat } from "node:fs/promises";
import { type DecoderFiles, decoderFiles } from "../services/decoder/graphs/decoder-files.js";
import { parityLimits } from "../services/decoder/rewrite/check-parity.js";
import type { EncoderFiles } from "../services/encoder/graphs/encoder-files.js";
import type { EncoderRuntime } from "../services/encoder/graphs/encoder-runtime.js";
import { localGraphs } from "../services/encoder/graphs/local-graphs.js";
import { encoderLimits } from "../services/encoder/rewrite/check-encoder.js";
import { bytesOfGraph, type GraphRole } from "../services/inference/families/weights-of.js";
import type { Manifest } from "../services/inference/models/manifest.js";
import { Models } from "../services/inference/models/models.js";

interface OptimisedFile {
  /** What of the graph it is: the stock one, or a part of the rewritten one. */
  part: string;
  path: string;
  bytes: number;
}

/** What the server will run for one of a model's graphs, and why. */
interface Optimised<Parity> {
  kind: "rewritten" | "stock";
  /** Taken from the cache as it was; false: made and proven now. */
  cached: boolean;
  stockBytes: number;
  files: OptimisedFile[];
  /** Against the stock graph, on this machine. */
  parity?: Parity;
  /** Why it is the stock graph. */
  reason?: string;
}

type ParityOf<Files> = Extract<Files, { kind: "rewritten" }> extends { parity: infer Parity } ? Parity : never;

interface Optimisation {
  model: string;
  encoder: Optimised<ParityOf<EncoderFiles>>;
  decoder: Optimised<ParityOf<DecoderFiles>>;
}

interface Options {
  cacheDir: string;
  /** That encoders are served with. */
  runtime: EncoderRuntime;
  /** Made and proven anew, also what is cached. */
  force: boolean;
}

/**
 * Does what the server does at its first start: rewrites a model's graphs, proves them and keeps them.
 * @throws ServiceError naming the models there are when there is none of that id; ProviderError when no provider can start; Error
 *   when a file is not the manifest's.
 */
export async function optimiseModel(
  manifest: Manifest,
  id: string,
  { cacheDir, runtime, force }: Options,
): Promise<Optimisation> {
  const model = manifest.get(id);
  const models = new Models(manifest, { chosen: id });
  const stock = (role: GraphRole) => ({ stockBytes: bytesOfGraph(model, role), again: force });
  const [encoder, decoder] = [
    await models.verifiedGraph(model, "encoder"),
    await models.verifiedGraph(model, "decoder"),
  ];
  return {
    model: id,
    encoder: await optimised(
      stock("encoder"),
      async (options) => (await localGraphs(model, encoder, cacheDir, runtime, options)).files,
    ),
    decoder: await optimised(stock("decoder"), (options) => decoderFiles(model, decoder, cacheDir, options)),
  };
}

type Files<Parity> =
  | { kind: "rewritten"; paths: Record<string, string>; parity: Parity }
  | { kind: "stock"; path: string; reason: string };

async function optimised<Parity>(
  { stockBytes, again }: { stockBytes: number; again: boolean },
  make: (options: { again: boolean; onMaking: () => void }) => Promise<Files<Parity>>,
): Promise<Optimised<Parity>> {
  let cached = true;
  const onMaking = () => {
    cached = false;
  };
  const made = await make({ again, onMaking });
  const paths = made.kind === "stock" ? { stock: made.path } : made.paths;
  const files: OptimisedFile[] = [];
  for (const [part, path] of Object.entries(paths)) files.push({ part, path, bytes: (await stat(path)).size });
  return {
    kind: made.kind,
    cached,
    stockBytes,
    files,
    ...(made.kind === "rewritten" ? { parity: made.parity } : { reason: made.reason }),
  };
}

export function optimisationText({ model, encoder, decoder }: Optimisation): string {
  return [
    ...lines(`${model}, encoder`, encoder, ({ maxDifference, cutDifference, passes, skipped }) => [
      `by ${passes.join(", ")}`,
      ...skipped.map((why) => `left out: ${why}`),
      `the whole frame's embedding differs by ${small(maxDifference)} at most (limit ${encoderLimits.values})`,
      `far from where a smaller frame is cut, by ${cutDifference.toFixed(2)} of its values' spread (limit ${encoderLimits.spread})`,
    ]),
    ...lines(`${model}, decoder`, decoder, ({ maxLogitDifference, maxScoreDifference, signFlips, compared }) => [
      `logits differ by ${small(maxLogitDifference)} at most (limit ${parityLimits.logits})`,
      `scores differ by ${small(maxScoreDifference)} at most (limit ${parityLimits.scores})`,
      `${signFlips} of ${compared} logits have another sign`,
    ]),
  ].join("\n");
}

function lines<Parity>(
  what: string,
  { kind, cached, stockBytes, files, parity, reason }: Optimised<Parity>,
  ofParity: (parity: Parity) => string[],
): string[] {
  if (kind === "stock") return [`${what}: served as it is (${megabytes(stockBytes)}), because ${reason}`];
  return [
    `${what}: ${cached ? "rewritten before" : "rewritten now"}, stock graph ${megabytes(stockBytes)}`,
    ...files.map(({ part, path, bytes }) => `  ${part.padEnd(12)}  ${megabytes(bytes).padStart(8)}  ${path}`),
    ...(parity === undefined ? [] : ofParity(parity).map((line) => `  ${line}`)),
  ];
}

const small = (difference: number) => difference.toExponential(1);
const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;
