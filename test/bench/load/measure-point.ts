import { setMaxListeners } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { EmbeddingSource } from "../../../proto/index.js";
import { Random } from "../../simulation/random.js";
import { type Habits, planVisit } from "../../simulation/visit.js";
import { round } from "../report.js";
import { mean, quantile } from "../statistics.js";
import type { Rig } from "./rig.js";
import { type Notes, Visitor } from "./visitor.js";

export interface Point {
  readonly sessions: number;
  readonly offeredPerSecond: number;
  readonly answeredPerSecond: number;
  readonly meanMs: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  readonly refusals: number;
  /** Clicks and previews that were decoded, a second, and the share of them that were warm in the worker. */
  readonly decodesPerSecond: number;
  readonly warmShare: number;
  /** Share of one core that each process used. */
  readonly cpu: Readonly<Record<string, number>>;
  readonly problems: readonly string[];
}

export interface PointOptions {
  readonly sessions: number;
  readonly habits: Habits;
  readonly seed: number;
  readonly warmUpMs: number;
  readonly measureMs: number;
}

/** So long a click that was meant in the span may still be answered. */
const graceMs = 3000;

/** Real sessions at work, all of them following their plans. */
export async function measurePoint(rig: Rig, options: PointOptions): Promise<Point> {
  const { sessions, habits, seed, warmUpMs, measureMs } = options;
  const notes: Notes = { clicks: [], sources: [], refusals: [], encodeMs: [], problems: [] };
  const leaving = new AbortController();
  // Every visitor listens.
  setMaxListeners(0, leaving.signal);
  const visitors = Array.from({ length: sessions }, (_, index) => {
    const visit = planVisit(new Random(seed, index), habits);
    return new Visitor(rig, visit, notes, leaving.signal).stay();
  });
  await sleep(warmUpMs);
  const fromAt = performance.now();
  const before = rig.cpuSeconds();
  await sleep(measureMs);
  const after = rig.cpuSeconds();
  const untilAt = performance.now();
  const seconds = (untilAt - fromAt) / 1000;
  const inSpan = (at: number) => at >= fromAt && at < untilAt;
  const meant = notes.clicks.filter(({ intendedAt }) => inSpan(intendedAt));
  const answered = notes.clicks.filter(({ answeredAt }) => answeredAt !== undefined && inSpan(answeredAt)).length;
  if (meant.some(({ answeredAt }) => answeredAt === undefined)) await sleep(graceMs);
  const endAt = performance.now();
  leaving.abort();
  await Promise.all(visitors);
  // One without an answer has waited that long at least: leaving it out would flatter.
  const latencies = meant.map(({ intendedAt, answeredAt }) => (answeredAt ?? endAt) - intendedAt);
  const decodes = notes.sources.filter(({ at }) => inSpan(at));
  const warm = decodes.filter(({ source }) => source === EmbeddingSource.WORKER).length;
  const names = Object.keys(after);
  const cpu = names.map((name) => [name, round(((after[name] as number) - (before[name] as number)) / seconds)]);
  return {
    sessions,
    offeredPerSecond: round(meant.length / seconds),
    answeredPerSecond: round(answered / seconds),
    meanMs: round(mean(latencies)),
    p50Ms: round(quantile(latencies, 0.5)),
    p95Ms: round(quantile(latencies, 0.95)),
    p99Ms: round(quantile(latencies, 0.99)),
    refusals: notes.refusals.filter(inSpan).length,
    decodesPerSecond: round(decodes.length / seconds),
    warmShare: round(warm / Math.max(1, decodes.length)),
    cpu: Object.fromEntries(cpu),
    problems: [...new Set(notes.problems)],
  };
}
