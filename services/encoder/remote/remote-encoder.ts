import { readFile } from "node:fs/promises";
import { isDeepStrictEqual } from "node:util";
import type { ModelSpec } from "../../inference/models/manifest.js";
import { imageTensor } from "../../inference/models/model-tensors.js";
import type { EncoderFiles } from "../graphs/encoder-files.js";
import { wholeFrame } from "../images/encoded-frame.js";
import { differenceInCorner, encoderLimits, partOf } from "../rewrite/check-encoder.js";
import { type FrameSize, probe } from "../rewrite/probe.js";
import { encoderFrames } from "../worker/encoder-frames.js";
import { countOf, embeddingOf, inputDims } from "../worker/encoder-tensors.js";
import type { LoadedEncoder } from "../worker/load-encoder.js";
import { checkMetadata, ModelDiffersError } from "./check-metadata.js";
import { addressOf, type RemoteProvider } from "./model-address.js";
import { ModelServer } from "./model-server.js";

/** What is known here of the model that a server is to have. */
export interface RemoteModel {
  readonly model: ModelSpec;
  /** Its graphs on this machine: the embedding of an empty frame is among them. */
  readonly files: EncoderFiles;
  /** The embedding of the probe (see `probe`) by the manifest's own weights, a file of float32; left out, nothing is compared with it. */
  readonly reference?: string | undefined;
}

export interface RemoteEncoder extends LoadedEncoder {
  /**
   * Whether it is still what it was: asks it to encode the probe again where a call did not get through since it last did, and
   * every minute.
   * @throws ProviderLostError when the server or its model is not there any more; ModelDiffersError when it is another one.
   */
  isThere(): Promise<void>;
}

/** A server that was started again with other weights between two calls cannot be told from the one before by its answers. */
const proofMs = 60_000;

/**
 * How far the server's embedding of the probe may be from the manifest's: root mean square of the difference, as a share of the
 * values' spread. Half precision brings 0.01, eight bits 0.1; other weights more than 1.
 */
const mostDifference = 0.25;

/**
 * A model's encoder at a server of the Open Inference Protocol: its tensors are those of the manifest, it has encoded a picture,
 * and what it gave is of the manifest's weights.
 * @throws ProviderLostError when it is not there now; ModelDiffersError saying what is not as it should be.
 */
export async function connectEncoder(
  provider: RemoteProvider,
  { model, files, reference }: RemoteModel,
  { callMs, provenForMs = proofMs }: { callMs: number; provenForMs?: number },
): Promise<RemoteEncoder> {
  const answerBytes = 4 * model.encoder.outputs.reduce((sum, { dims }) => sum + countOf(dims), 0);
  const server = new ModelServer(addressOf(provider, model.id), { callMs, answerBytes });
  try {
    const tensors = checkMetadata(model, await server.describe());
    const runAs = async (planes: Float32Array, frame: FrameSize, ofFrame: boolean, signal?: AbortSignal) => {
      const input = {
        name: model.encoder.input,
        type: tensors.input,
        dims: inputDims(model.encoder, frame),
        values: planes,
      };
      const given = await server.run(input, tensors.outputs, signal);
      return embeddingOf(model, (name) => given.get(name), ofFrame ? frame : undefined);
    };
    const ofProbe = async (frame: FrameSize, ofFrame: boolean) =>
      (await runAs(probe(frame), frame, ofFrame))[imageTensor(model).index] as Float32Array;
    let proven = { losses: server.losses, at: performance.now() };
    const whole = await ofProbe(wholeFrame(model), false);
    const expected = reference === undefined ? whole : await readFloats(reference);
    checkDifference(expected, whole);
    // A graph may be said to take any frame, and be made for one.
    const isOfFrames = tensors.takesFrames && files.kind === "rewritten" && (await agreesOnPart(model, whole, ofProbe));
    const frames = await encoderFrames(model, files, { takesFrames: isOfFrames, isCoarse: true });
    const isThere = async () => {
      await server.checkReady();
      const now = { losses: server.losses, at: performance.now() };
      if (now.losses === proven.losses && now.at - proven.at < provenForMs) return;
      const described = checkMetadata(model, await server.describe());
      if (!isDeepStrictEqual(described, tensors)) throw new ModelDiffersError("its tensors are others than before");
      checkDifference(expected, await ofProbe(wholeFrame(model), false));
      proven = now;
    };
    return {
      ...frames,
      provider,
      skipped: [],
      run: (planes, frame, signal) => runAs(planes, frame, isOfFrames, signal),
      isThere,
      release: async () => server.close(),
    };
  } catch (error) {
    server.close();
    throw error;
  }
}

async function agreesOnPart(
  model: ModelSpec,
  whole: Float32Array,
  ofProbe: (frame: FrameSize, ofFrame: boolean) => Promise<Float32Array>,
): Promise<boolean> {
  const sides = { size: model.preprocess.size, grid: imageTensor(model).side };
  try {
    return differenceInCorner(whole, await ofProbe(partOf(sides), true), sides) <= encoderLimits.spread;
  } catch {
    // It is served with whole frames then, and readiness says so.
    return false;
  }
}

/** @throws ModelDiffersError when they are of other weights. */
export function checkDifference(reference: Float32Array, given: Float32Array): void {
  const difference = reference.length === given.length ? differenceBySpread(reference, given) : Number.NaN;
  // Written so that NaN does not pass.
  if (difference <= mostDifference) return;
  throw new ModelDiffersError(
    `its embedding of a test picture differs from that of the manifest's weights by ${difference.toFixed(2)} of the values' spread ` +
      `(at most ${mostDifference}): it is another model, or takes its picture in another form`,
  );
}

/** Root mean square of the difference, by the standard deviation of the first. */
function differenceBySpread(reference: Float32Array, given: Float32Array): number {
  let [sum, squares, differences] = [0, 0, 0];
  for (let at = 0; at < reference.length; at++) {
    const value = reference[at]!;
    sum += value;
    squares += value ** 2;
    differences += (value - given[at]!) ** 2;
  }
  return Math.sqrt(differences / (squares - sum ** 2 / reference.length));
}

async function readFloats(path: string): Promise<Float32Array> {
  const bytes = await readFile(path);
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
}
