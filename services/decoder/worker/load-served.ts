import type { ModelSpec } from "../../inference/models/manifest.js";
import type { DecoderFiles } from "../graphs/decoder-files.js";
import { type LoadedDecoder, loadDecoderGraph, type Widths } from "../graphs/load-decoder-graph.js";
import type { MemoryFiles } from "../graphs/memory-files.js";
import { type LoadedMemory, loadMemoryGraphs } from "../graphs/memory-graphs.js";
import { warmUp } from "./warm-up.js";

/** A model's decoder, and its memory where it has one. */
interface Served {
  readonly decoder: LoadedDecoder;
  readonly memory: LoadedMemory | undefined;
  release(): Promise<void>;
}

/**
 * All graphs of a model that a worker runs, each of which has run once.
 * @throws what loading them throws. Nothing is left loaded then: who asks again has them loaded again.
 */
export async function loadServed(
  model: ModelSpec,
  files: { decoder: DecoderFiles; memory: MemoryFiles | undefined },
  widths: Widths,
): Promise<Served> {
  const decoder = await loadDecoderGraph(model, files.decoder, widths);
  try {
    await warmUp(decoder, model);
    const threads = widths.wide ?? widths.narrow ?? 1;
    const memory = files.memory && (await loadMemoryGraphs(model, files.memory, threads));
    const release = async () => {
      await memory?.release();
      await decoder.release();
    };
    return { decoder, memory, release };
  } catch (error) {
    await decoder.release();
    throw error;
  }
}
