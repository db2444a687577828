import { type Logger, pino } from "pino";

/** A logger whose lines, without those for debugging, a test can read. */
export function fakeLogger(): Logger & { lines: Record<string, unknown>[] } {
  const lines: Record<string, unknown>[] = [];
  const logger = pino({ level: "info", base: null }, { write: (line: string) => lines.push(JSON.parse(line)) });
  return Object.assign(logger, { lines });
}
