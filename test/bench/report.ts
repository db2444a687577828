import { availableParallelism, cpus, totalmem } from "node:os";

/** One figure with what it should be. */
export interface Bar {
  name: string;
  value: number;
  unit: string;
  /** "<= 2", "<= 0.002": a comparison with `value`. */
  target: string;
  ok: boolean;
}

/** What a suite measured. */
export interface Outcome {
  bars: Bar[];
  /** Every other figure, plain JSON; the baseline's come from the same run. */
  detail: Record<string, unknown>;
}

/** A file in this folder exports one as `suite`; `run.ts` names it. */
export interface Suite {
  title: string;
  /** A line for each option, where it takes any. */
  options?: string;
  /** One line of JSON, also where it is not asked for: nobody watches it run. */
  speaksJson?: true;
  /**
   * @param say progress for a person, on standard error. @param args what was given beside `--json`.
   * @throws UsageError for options that are not its own.
   */
  run(say: (line: string) => void, args: readonly string[]): Promise<Outcome>;
}

export function atMost(name: string, value: number, limit: number, unit: string): Bar {
  return { name, value: round(value), unit, target: `<= ${limit}`, ok: value <= limit };
}

export function atLeast(name: string, value: number, limit: number, unit: string): Bar {
  return { name, value: round(value), unit, target: `>= ${limit}`, ok: value >= limit };
}

/** Four digits behind the point; finer is noise. */
export function round(value: number): number {
  return Math.round(value * 1e4) / 1e4;
}

/** Taken at the start: a suite may keep itself to some of them. */
const cores = availableParallelism();

/** Where it was measured. */
export function machine(): Record<string, unknown> {
  const all = cpus();
  return {
    cpu: all[0]?.model.trim() ?? "unknown",
    cores,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
  };
}

/** The report as one line of JSON. */
export function asJson(suite: string, { bars, detail }: Outcome): string {
  return JSON.stringify({ suite, machine: machine(), bars, detail });
}

/** The report for a person: the bars, then the rest. */
export function asText(suite: string, { bars, detail }: Outcome): string {
  const { cpu, cores, node } = machine();
  const rows = bars.map(({ name, value, unit, target, ok }) => [
    ok ? "ok" : "MISSED",
    name,
    `${value} ${unit}`,
    `${target} ${unit}`,
  ]);
  return [
    `${suite}  (${cpu}, ${cores} cores, Node ${node})`,
    ...table(rows),
    ...Object.entries(detail).flatMap(([name, value]) => ["", ...section(name, value)]),
  ].join("\n");
}

function section(name: string, value: unknown): string[] {
  if (!isRecord(value)) return [`${name}: ${plain(value)}`];
  const rows = Object.entries(value).map(([key, one]) =>
    isRecord(one)
      ? [key, ...Object.entries(one).map(([what, figure]) => `${what} ${plain(figure)}`)]
      : [key, plain(one)],
  );
  return [name, ...table(rows)];
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const plain = (value: unknown) => (typeof value === "object" ? JSON.stringify(value) : String(value));

function table(rows: string[][]): string[] {
  const widths: number[] = [];
  for (const row of rows) for (const [at, cell] of row.entries()) widths[at] = Math.max(widths[at] ?? 0, cell.length);
  return rows.map((row) => `  ${row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join("  ")}`.trimEnd());
}
