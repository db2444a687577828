import { Writable } from "node:stream";
import { pino } from "pino";
import type { Manifest } from "../../services/inference/models/manifest.js";
import { Maskwire } from "../../services/maskwire/maskwire.js";
import { readEnv, type Settings, shapeSettings } from "../../services/maskwire/settings.js";
import { createLogger, type Logger } from "../../services/runtime/logger.js";
import { ownDataFolder } from "./data-folder.js";

/**
 * For machines that run tests beside other work: what a test is not about is neither refused as overload nor taken for hung, and encodes do
 * not give way to that work, which may want all cores for minutes.
 */
export const patience = {
  MASKWIRE_OVERLOAD_DELAY_MS: "10000",
  MASKWIRE_HUNG_MS: "120000",
  MASKWIRE_ENCODER_YIELDS: "off",
};

/** Settings as a process would read them from these variables; loopback and any free port unless they say otherwise. */
export function testSettings(env: Record<string, string> = {}): Settings {
  const here = {
    MASKWIRE_HOST: "127.0.0.1",
    MASKWIRE_PORT: "0",
    MASKWIRE_ADMIN_PORT: "0",
    MASKWIRE_DATA_DIR: ownDataFolder(),
    MASKWIRE_STOP_MS: "5000",
  };
  return shapeSettings(readEnv({ ...here, ...patience, ...env }));
}

/** A Maskwire in this process, ready. Stop it with `await using`, or in `afterAll`. */
export async function startMaskwire(
  env: Record<string, string> = {},
  { logger = createLogger("silent"), manifest }: { logger?: Logger; manifest?: Manifest } = {},
): Promise<Maskwire> {
  const maskwire = new Maskwire(testSettings(env), logger, manifest);
  await maskwire.start();
  return maskwire;
}

/** A logger that keeps what it is told, as the objects that would be the log's lines. */
export function recordingLogger(): { logger: Logger; lines: Record<string, unknown>[] } {
  const lines: Record<string, unknown>[] = [];
  const sink = new Writable({
    write(line, _encoding, done) {
      lines.push(JSON.parse(String(line)));
      done();
    },
  });
  return { logger: pino({ level: "debug", base: null }, sink), lines };
}

/** A process's metrics, as Prometheus reads them. @param adminUrl its operator's port. */
export async function readMetrics(adminUrl: string): Promise<string> {
  const reply = await fetch(`${adminUrl}/metrics`);
  if (!reply.ok) throw new Error(`${adminUrl}/metrics: ${reply.status}`);
  return reply.text();
}

/** The value of one series in a process's metrics, 0 when it has never been counted. */
export async function metric(adminUrl: string, series: string): Promise<number> {
  const text = await readMetrics(adminUrl);
  const line = text.split("\n").find((one) => one.startsWith(`${series} `));
  return line ? Number(line.slice(series.length + 1)) : 0;
}
