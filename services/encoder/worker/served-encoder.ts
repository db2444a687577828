import { ProviderError, reasonOfOne } from "../../inference/models/create-session.js";
import type { ModelSpec } from "../../inference/models/manifest.js";
import type { Provider } from "../../inference/models/providers.js";
import type { LoadableModel } from "../../inference/workers/loaded-models.js";
import { OperationalError } from "../../runtime/operational-error.js";
import type { EncoderWays } from "../graphs/encoder-runtime.js";
import type { LocalGraphs } from "../graphs/local-graphs.js";
import { wholeFrame } from "../images/encoded-frame.js";
import { isRemote, type RemoteProvider } from "../remote/model-address.js";
import { BadEmbeddingError } from "./check-values.js";
import { coarseFrames } from "./encoder-frames.js";
import type { EncoderDetail } from "./encoder-tasks.js";
import { FrameMemory } from "./frame-memory.js";
import { type LoadedEncoder, loadEncoder } from "./load-encoder.js";
import { type Candidate, ProviderChain } from "./provider-chain.js";

/** A model that a worker can load; it is told of others when they are ready. */
export interface LoadableEncoder extends LoadableModel {
  readonly model: ModelSpec;
  readonly graphs: LocalGraphs;
  /** What servers' embeddings are held against; see `RemoteModel`. */
  readonly reference?: string | undefined;
}

/** A model's encoder that has run once. */
export interface WarmEncoder extends LoadedEncoder {
  readonly model: ModelSpec;
  /** Where pictures' tensors are written: as many at once as it can have, float32, as many values as the whole frame has. */
  readonly memory: FrameMemory;
  /** Pictures at once. */
  readonly atOnce: number;
  readonly isThere?: () => Promise<void>;
}

/** A model by the first of its providers that is there. */
export interface ServedEncoder {
  readonly chain: ProviderChain<WarmEncoder>;
  readonly detail: EncoderDetail[string];
  release(): Promise<void>;
}

interface ServingOptions {
  readonly ways: EncoderWays;
  /** Another provider is chosen, or being loaded. */
  readonly onChange: (isLoading: boolean) => void;
  /** How long a run took when it was warm. */
  readonly onRun: (ms: number) => void;
}

/** @throws OperationalError naming every provider, when none can start. */
export async function serveEncoder(
  loadable: LoadableEncoder,
  { ways, onChange, onRun }: ServingOptions,
): Promise<ServedEncoder> {
  const warm = async (load: Promise<Omit<WarmEncoder, "memory" | "model">>): Promise<WarmEncoder> => {
    const encoder = await load;
    const memory = new FrameMemory(encoder.atOnce, 3 * loadable.model.preprocess.size ** 2);
    try {
      onRun(await runFirst(loadable.model, encoder, memory));
    } catch (error) {
      await encoder.release();
      throw error;
    }
    // What writes to the memory is done before it goes.
    const release = () => (encoder.atOnce === 1 ? memory.lend(() => encoder.release()) : encoder.release());
    return { ...encoder, release, model: loadable.model, memory };
  };
  const candidates = ways.providers.map(
    (provider): Candidate<WarmEncoder> => ({
      name: provider,
      isRemote: isRemote(provider),
      load: () => warm(isRemote(provider) ? loadRemote(provider, loadable, ways) : loadHere(provider, loadable, ways)),
    }),
  );
  const chain = await ProviderChain.start(candidates, { onChange });
  return {
    chain,
    get detail() {
      const { now, skipped } = chain;
      return { provider: now?.provider, skipped, takesFrames: now?.takesFrames ?? false };
    },
    release: () => chain.release(),
  };
}

async function loadHere(provider: Provider, { model, graphs }: LoadableEncoder, { threads }: EncoderWays) {
  const absent = graphs.absent[provider];
  if (absent !== undefined) throw new OperationalError(absent);
  const files = provider === graphs.provider ? graphs.files : graphs.stock;
  try {
    return { ...(await loadEncoder(model, files, { providers: [provider], threads })), atOnce: 1 };
  } catch (error) {
    throw error instanceof ProviderError ? new OperationalError(reasonOfOne(error)) : error;
  }
}

async function loadRemote(provider: RemoteProvider, loadable: LoadableEncoder, { calls }: EncoderWays) {
  // What makes calls is loaded where some are made.
  const { connectEncoder } = await import("../remote/remote-encoder.js");
  const { model, graphs, reference } = loadable;
  const encoder = await connectEncoder(provider, { model, files: graphs.files, reference }, calls);
  return { ...encoder, atOnce: calls.atOnce };
}

/**
 * The first run allocates, most at the whole frame, and on a GPU compiles: done before the service says it is ready.
 * @returns how long a run takes, in milliseconds.
 */
async function runFirst(
  model: ModelSpec,
  encoder: Pick<LoadedEncoder, "provider" | "takesFrames" | "run">,
  memory: FrameMemory,
) {
  // One elsewhere has run for its proof.
  const isCoarse = encoder.takesFrames && encoder.provider !== "cpu" && !isRemote(encoder.provider);
  const frames = isCoarse ? coarseFrames(model) : [wholeFrame(model)];
  let ms = 0;
  for (const frame of frames.reverse()) {
    const startedAt = performance.now();
    await memory
      .lend((empty) => encoder.run(empty.subarray(0, 3 * frame.width * frame.height), frame))
      .catch((error) => {
        // An empty picture may give a constant embedding, which is refused for pictures but proves that the model runs.
        if (!(error instanceof BadEmbeddingError)) throw error;
      });
    ms = performance.now() - startedAt;
  }
  return ms;
}
