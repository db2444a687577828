import { type Logger, pino } from "pino";

export type { Logger };

/** Structured log on standard error, one JSON object a line; standard output stays free for what a command prints. */
export function createLogger(level: string): Logger {
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, pino.destination(2));
}
