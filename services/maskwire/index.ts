import { createLogger } from "../runtime/logger.js";
import { startTracing } from "../runtime/tracing/start-tracing.js";
import { logMemory } from "./log-memory.js";
import { Maskwire } from "./maskwire.js";
import { pullDetector } from "./pull-detector.js";
import { refuse } from "./refuse.js";
import { readEnv, shapeSettings, unknownVariables } from "./settings.js";
import { stopSignal } from "./stop-signal.js";

try {
  const settings = shapeSettings(readEnv(process.env));
  const logger = createLogger(settings.logLevel);
  for (const name of unknownVariables(process.env)) logger.warn({ name }, "this variable is not a setting of Maskwire");
  logMemory(settings.memory, logger);
  const endTracing = await startTracing(process.env, settings.role, logger);
  const maskwire = new Maskwire(settings, logger);
  const stop = stopSignal(() => maskwire.host.force());
  await maskwire.start();
  if (settings.admin) process.stdout.write(`Its metrics are at ${maskwire.adminUrl}/metrics\n`);
  process.stdout.write(`Maskwire (${settings.role}) is ready at ${maskwire.url}\n`);
  const stopping = new AbortController();
  const pulling = pullDetector(settings, logger, stopping.signal);
  logger.info({ signal: await stop }, "stopping");
  stopping.abort();
  await maskwire.stop();
  await pulling;
  await endTracing();
} catch (error) {
  refuse(error);
}
