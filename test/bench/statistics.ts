import { round } from "./report.js";

/** The value below which a share of the others lie, 0 to 1; linear between two neighbours. NaN for none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const place = share * (sorted.length - 1);
  const below = sorted[Math.floor(place)] ?? Number.NaN;
  const above = sorted[Math.ceil(place)] ?? Number.NaN;
  return below + (above - below) * (place - Math.floor(place));
}

export const median = (values: readonly number[]) => quantile(values, 0.5);

export const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** As a row of a report. */
export function p50p95(values: readonly number[]): { p50: number; p95: number } {
  return { p50: round(quantile(values, 0.5)), p95: round(quantile(values, 0.95)) };
}
