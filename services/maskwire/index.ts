import { createLogger } from "../runtime/logger.js";
import { startTracing } from "../runtime/tracing/start-tracing.js";
import { endDespiteLeftOpen } from "./left-open.js";
import { logMemory } from "./log-memory.js";
import { Maskwire } from "./maskwire.js";
import { pullDetector } from "./pull-detector.js";
import { refuse } from "./refuse.js";
import { readEnv, shapeSettings, unknownVariables } from "./settings.js";
import { stopSignal } from "./stop-signal.js";

let maskwire: Maskwire | undefined;
try {
  const settings = shapeSettings(readEnv(process.env));
  const logger = createLogger(settings.logLevel);
  for (const name of unknownVariables(process.env)) logger.warn({ name }, "this variable is not a setting of Maskwire");
  logMemory(settings.memory, logger);
  const endTracing = await startTracing(process.env, settings.role, logger);
  const served = new Maskwire(settings, logger);
  maskwire = served;
  served.host.closesAfter("traces", endTracing);
  const stop = stopSignal(() => served.host.force());
  const stopping = new AbortController();
  const starting = served.start().then(() => {
    if (stopping.signal.aborted) return;
    if (settings.admin) process.stdout.write(`Its metrics are at ${served.adminUrl}/metrics\n`);
    process.stdout.write(`Maskwire (${settings.role}) is ready at ${served.url}\n`);
    return pullDetector(settings, logger, stopping.signal);
  });
  // What is still starting is not waited for.
  const failed = new Promise<never>((_, reject) => starting.catch(reject));
  logger.info({ signal: await Promise.race([stop, failed]) }, "stopping");
  stopping.abort();
  await served.stop();
  if (!served.host.hasLeft) await starting.catch(() => {});
  endDespiteLeftOpen(logger);
} catch (error) {
  refuse(error);
}
// A thread inside the inference runtime ends with the process alone, and an orderly exit would wait for it, or fail by it.
if (maskwire?.host.hasLeft) process.kill(process.pid, "SIGKILL");
