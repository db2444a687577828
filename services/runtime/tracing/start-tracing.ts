import { DiagLogLevel, diag, propagation, trace } from "@opentelemetry/api";
import type { Logger } from "../logger.js";
import { SettingsError } from "../settings/settings-error.js";
import { recordSpans } from "./spans.js";

type Source = Record<string, string | undefined>;

/**
 * Sends traces where the standard OTEL_* variables say. Without an exporter there nothing is loaded and nothing recorded.
 * The variables for sampler, batches, limits, resource and the exporter itself are read by OpenTelemetry's own packages.
 * @param role names the service where OTEL_SERVICE_NAME does not.
 * @returns to be called at the end: sends what is left, within the exporter's time; who stops waits no longer than for all else.
 * @throws SettingsError when a variable asks for what this build does not have.
 */
export async function startTracing(source: Source, role: string, logger: Logger): Promise<() => Promise<void>> {
  const exporter = exporterOf(source);
  if (exporter === "none") return async () => {};
  checkProtocol(source);
  // Told once a kind: a collector that is away for a night must not fill the log.
  const told = new Set<string>();
  const tell = (message: string) => {
    const kind = message.slice(0, 60);
    if (told.has(kind)) return;
    told.add(kind);
    logger.warn({ detail: message.slice(0, 300) }, "tracing has a problem; traces may be missing");
  };
  const quiet = () => {};
  diag.setLogger({ error: tell, warn: tell, info: quiet, debug: quiet, verbose: quiet }, DiagLogLevel.WARN);
  const [{ W3CTraceContextPropagator }, resources, sdk] = await Promise.all([
    import("@opentelemetry/core"),
    import("@opentelemetry/resources"),
    import("@opentelemetry/sdk-trace-base"),
  ]);
  const named = resources.detectResources({
    detectors: [resources.envDetector, resources.serviceInstanceIdDetector],
  });
  const processor =
    exporter === "console"
      ? new sdk.SimpleSpanProcessor(new sdk.ConsoleSpanExporter())
      : new sdk.BatchSpanProcessor(new (await import("@opentelemetry/exporter-trace-otlp-proto")).OTLPTraceExporter());
  const provider = new sdk.BasicTracerProvider({
    resource: resources
      .defaultResource()
      .merge(resources.resourceFromAttributes({ "service.name": role === "all" ? "maskwire" : `maskwire-${role}` }))
      .merge(named),
    spanProcessors: [processor],
  });
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  trace.setGlobalTracerProvider(provider);
  recordSpans();
  logger.info({ exporter }, "tracing is on");
  return () => provider.shutdown().catch((err) => logger.warn({ err }, "the last traces could not be sent"));
}

/** Off unless somebody asks for it: the standard's own default would send to localhost from every process. */
function exporterOf(source: Source): "otlp" | "console" | "none" {
  if (source.OTEL_SDK_DISABLED?.toLowerCase() === "true") return "none";
  const endpoint = source.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT || source.OTEL_EXPORTER_OTLP_ENDPOINT;
  const wanted = source.OTEL_TRACES_EXPORTER?.trim() || (endpoint ? "otlp" : "none");
  if (wanted === "otlp" || wanted === "console" || wanted === "none") return wanted;
  throw new SettingsError(`OTEL_TRACES_EXPORTER is "${wanted.slice(0, 120)}"; expected otlp, console or none.`);
}

function checkProtocol(source: Source): void {
  const name = source.OTEL_EXPORTER_OTLP_TRACES_PROTOCOL
    ? "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"
    : "OTEL_EXPORTER_OTLP_PROTOCOL";
  const protocol = source[name];
  if (!protocol || protocol === "http/protobuf") return;
  throw new SettingsError(
    `${name} is "${protocol.slice(0, 120)}"; expected http/protobuf, which every collector takes on port 4318.`,
  );
}
