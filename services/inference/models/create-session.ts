import "./no-telemetry.js";
import { InferenceSession, listSupportedBackends } from "onnxruntime-node";
import { OperationalError } from "../../runtime/operational-error.js";
import type { Provider } from "./providers.js";

interface SessionOptions {
  /** In order of preference; a later one is used when an earlier cannot start. */
  providers: Provider[];
  /** Threads of one run on the CPU. */
  threads: number;
  /** "basic" where the heavier fusions are slower on the CPU. */
  optimization?: "basic" | "all";
  /**
   * Microseconds that a thread of a run watches for its next piece of work before it sleeps; 0, at once, when left out. For
   * runs that have their cores to themselves: between runs nothing spins.
   */
  spinUs?: number;
  /** Its inputs have other sides from run to run: memory that is planned for one size is of no use to the next. */
  changesShape?: boolean;
}

/** How every graph here is run, apart from the provider. */
export function runtimeOptions(options: Omit<SessionOptions, "providers">): RuntimeOptions {
  const { threads, optimization = "all", spinUs = 0, changesShape = false } = options;
  const spinning = spinUs > 0 ? { allow_spinning: "1", spin_duration_us: String(spinUs) } : { allow_spinning: "0" };
  return {
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    graphOptimizationLevel: optimization,
    enableMemPattern: !changesShape,
    logSeverityLevel: 3,
    // Threads that spin between runs would take the cores from the rest of the process.
    extra: { session: { intra_op: spinning, force_spinning_stop: "1" } },
  };
}

type RuntimeOptions = InferenceSession.SessionOptions;

/** No provider of those that are wanted runs on this machine. */
export class ProviderError extends OperationalError {
  override readonly name = "ProviderError";
}

/** Of a list of one provider: why it could not start. */
export const reasonOfOne = ({ message }: Error): string =>
  message.replace(/^No execution provider can start\. \w+: /, "");

export interface LoadedSession {
  session: InferenceSession;
  /** What the graph takes, as "float32", by the inputs' names. */
  inputTypes: Readonly<Record<string, string>>;
  provider: Provider;
  /** Why each provider before it could not start. */
  skipped: string[];
}

/**
 * Loads a graph with the first provider that can start.
 * @param model path of the graph, or its bytes.
 * @throws ProviderError naming every provider that was tried and why it could not start.
 */
export async function createSession(model: string | Uint8Array, options: SessionOptions): Promise<LoadedSession> {
  const skipped: string[] = [];
  for (const provider of options.providers) {
    try {
      checkListed(provider);
      const session = await InferenceSession.create(model as string, {
        executionProviders: executionProviders(provider),
        ...runtimeOptions(options),
      });
      return { session, inputTypes: inputTypesOf(session), provider, skipped };
    } catch (error) {
      skipped.push(`${provider}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  throw new ProviderError(`No execution provider can start. ${skipped.join("; ")}`);
}

/** @throws ProviderError naming those there are, for one that this build of ONNX Runtime does not know. */
function checkListed(provider: Provider): void {
  const listed = listSupportedBackends().map(({ name }) => name);
  if (listed.includes(provider)) return;
  const elsewhere =
    provider === "openvino" ? " (an OpenVINO Model Server can be asked as oip:grpc://HOST:PORT/MODEL)" : "";
  throw new ProviderError(`ONNX Runtime has ${listed.join(", ")} here and no ${provider}${elsewhere}`);
}

/** What TensorRT leaves of a graph runs on the same device. */
const executionProviders = (provider: Provider): Provider[] =>
  provider === "tensorrt" ? ["tensorrt", "cuda"] : [provider];

const inputTypesOf = ({ inputMetadata }: InferenceSession) =>
  Object.fromEntries(inputMetadata.flatMap((one) => (one.isTensor ? [[one.name, one.type]] : [])));
