import { type Logger, pino } from "pino";

/** A logger whose lines a test can read. */
export function fakeLogger(): Logger & { lines: Record<string, unknown>[] } {
  const lines: Record<string, unknown>[] = [];
  const logger = pino({ level: "trace", base: null }, { write: (line: string) => lines.push(JSON.parse(line)) });
  return Object.assign(logger, { lines });
}
