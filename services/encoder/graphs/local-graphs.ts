import { ProviderError, reasonOfOne } from "../../inference/models/create-session.js";
import type { ModelSpec } from "../../inference/models/manifest.js";
import type { Provider } from "../../inference/models/providers.js";
import { isOperational } from "../../runtime/operational-error.js";
import { type EncoderFiles, encoderFiles } from "./encoder-files.js";
import type { EncoderRuntime } from "./encoder-runtime.js";
import { tryProvider } from "./try-provider.js";

/** An encoder's graphs for the providers of this machine. */
export interface LocalGraphs {
  /** What the first that can start runs: proven by it. */
  readonly files: EncoderFiles;
  readonly provider: Provider;
  /** The graph for those after it, which may all run it: as it was exported. */
  readonly stock: EncoderFiles;
  /** Why those before it cannot start. */
  readonly absent: Partial<Record<Provider, string>>;
}

/**
 * The graph of the first provider that can start, proven by that one: what is proven by one provider says nothing of another.
 * @throws ProviderError naming all of them and why they cannot start.
 */
export async function localGraphs(
  model: ModelSpec,
  stockPath: string,
  cacheDir: string,
  { providers, threads }: EncoderRuntime,
  options: { again?: boolean; onMaking?: () => void } = {},
): Promise<LocalGraphs> {
  const stock: EncoderFiles = { kind: "stock", path: stockPath, reason: "another provider was to run it" };
  const absent: LocalGraphs["absent"] = {};
  for (const provider of providers) {
    const runtime: EncoderRuntime = { providers: [provider], threads };
    try {
      // One that has no graph of its own, or had it made another day, says nothing yet of whether it can start now.
      if (provider !== "cpu") await tryProvider(runtime);
      const files = await encoderFiles(model, stockPath, cacheDir, runtime, options);
      return { files, provider, stock, absent };
    } catch (error) {
      if (!(error instanceof Error) || !isOperational(error)) throw error;
      absent[provider] = reasonOfOne(error);
    }
  }
  const reasons = Object.entries(absent).map(([provider, why]) => `${provider}: ${why}`);
  throw new ProviderError(`No execution provider can start. ${reasons.join("; ")}`);
}
