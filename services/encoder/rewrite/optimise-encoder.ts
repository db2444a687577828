import "../../inference/models/no-telemetry.js";
import { Tensor } from "onnxruntime-node";
import type { LoadedSession } from "../../inference/models/create-session.js";
import { UnknownGraphError } from "../../inference/onnx/unknown-graph-error.js";
import {
  checkFrame,
  type EncoderParity,
  encoderLimits,
  largestDifference,
  type Probed,
  probeAnyFrame,
  probeWholeFrame,
  type RunEncoder,
} from "./check-encoder.js";
import type { EncoderInterface } from "./pass.js";
import { type RewrittenEncoder, rewriteEncoder } from "./rewrite-encoder.js";

/** Loads a graph by the provider that it will be served by. */
type LoadEncoder = (graph: Uint8Array) => Promise<LoadedSession>;

/** How it was made, and how far it is from the stock graph. */
export interface EncoderReport extends EncoderParity {
  /** Passes that made it. */
  readonly passes: readonly string[];
  /** Passes that would make it faster and are left out, and why. */
  readonly skipped: readonly string[];
}

/** What to serve: an encoder of any frame that passed parity here, with the embedding of an empty frame; or the stock graph and why. */
export type OptimisedEncoder =
  | {
      readonly kind: "rewritten";
      readonly graph: Uint8Array;
      /** float32 [channels, grid, grid]: of a whole frame of zeros, by the stock graph. */
      readonly empty: Float32Array;
      readonly parity: EncoderReport;
    }
  | { readonly kind: "stock"; readonly reason: string };

/**
 * Rewrites an encoder and proves it on this machine. Never throws for what a rewritten graph is: an unknown graph, one that does
 * not load and one that differs are all served as they are; a faster one that differs, as one of any frame alone.
 *
 * @param stock an ONNX file
 * @param load with the options to serve with, so that what is proven is what is served
 * @throws ProviderError when not even the stock graph can be loaded: a provider that cannot start now proves nothing for later.
 */
export async function optimiseEncoder(
  stock: Uint8Array,
  encoder: EncoderInterface,
  load: LoadEncoder,
): Promise<OptimisedEncoder> {
  let plain: RewrittenEncoder;
  try {
    plain = rewriteEncoder(stock, encoder, { exact: false });
  } catch (error) {
    if (error instanceof UnknownGraphError) return { kind: "stock", reason: error.message };
    throw error;
  }
  const loaded = await load(stock);
  try {
    const { ofStock, empty, provider } = await runAlone(
      async () => loaded,
      stock,
      encoder,
      async (run, { provider }) => {
        const whole = { height: encoder.size, width: encoder.size };
        const empty = await run(new Float32Array(3 * whole.height * whole.width), whole);
        return { ofStock: await probeWholeFrame(run, encoder), empty, provider };
      },
    );
    const ofPlain = await runAlone(load, plain.graph, encoder, (run) => probeAnyFrame(run, encoder));
    const parity = checkFrame(ofStock, ofPlain, encoder);
    if (!parity.passed) return { kind: "stock", reason: `the rewritten encoder differs: ${differences(parity)}` };
    const made = {
      kind: "rewritten",
      empty,
      ...plain,
      parity: { ...parity, passes: plain.passes, skipped: [] },
    } as const;
    return provider === "cpu" ? await madeFaster(made, { stock, ofStock, ofPlain, encoder, load }) : made;
  } catch (error) {
    return { kind: "stock", reason: `the rewritten encoder did not run: ${error}` };
  }
}

/** The same made faster, where that is proven too: at the whole frame by the stock graph, at others by the one that is not. */
async function madeFaster(
  made: Extract<OptimisedEncoder, { kind: "rewritten" }>,
  { stock, ofStock, ofPlain, encoder, load }: Attempt,
): Promise<OptimisedEncoder> {
  const faster = rewriteEncoder(stock, encoder, { exact: true });
  const { passes, skipped } = faster;
  const without = (why: string): OptimisedEncoder => {
    const left = passes.filter((name) => !made.parity.passes.includes(name));
    return { ...made, parity: { ...made.parity, skipped: [...skipped, `${left.join(", ")}: ${why}`] } };
  };
  if (passes.length === made.parity.passes.length) return { ...made, parity: { ...made.parity, skipped } };
  try {
    const ofFaster = await runAlone(load, faster.graph, encoder, (run) => probeAnyFrame(run, encoder));
    const parity = checkFrame(ofStock, ofFaster, encoder);
    const fromPlain = largestDifference(ofPlain.part, ofFaster.part);
    if (!parity.passed || !(fromPlain <= encoderLimits.values)) {
      return without(`differs: ${differences(parity)}, at another frame by ${fromPlain}`);
    }
    return { ...made, graph: faster.graph, parity: { ...parity, passes, skipped } };
  } catch (error) {
    return without(`did not run: ${error}`);
  }
}

interface Attempt {
  readonly stock: Uint8Array;
  readonly encoder: EncoderInterface;
  readonly load: LoadEncoder;
  /** What the stock graph gives, and the rewritten one before it was made faster. */
  readonly ofStock: Float32Array;
  readonly ofPlain: Probed;
}

/** One session at a time: each takes as much memory as the server's own. */
async function runAlone<T>(
  load: LoadEncoder,
  graph: Uint8Array,
  { input, output }: EncoderInterface,
  use: (run: RunEncoder, loaded: LoadedSession) => Promise<T>,
): Promise<T> {
  const loaded = await load(graph);
  const run: RunEncoder = async (planes, { height, width }) => {
    const results = await loaded.session.run({ [input]: new Tensor("float32", planes, [1, 3, height, width]) });
    return results[output]!.data as Float32Array;
  };
  try {
    return await use(run, loaded);
  } finally {
    await loaded.session.release();
  }
}

const differences = ({ maxDifference, cutDifference }: EncoderParity) =>
  `at the whole frame by ${maxDifference}, at a smaller one by ${cutDifference} of its values' spread`;
