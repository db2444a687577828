import { setMaxListeners } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { EmbeddingSource } from "../../../proto/index.js";
import { Random } from "../../simulation/random.js";
import { graceMs, type Part } from "../../simulation/system.js";
import { type Habits, planVisit } from "../../simulation/visit.js";
import { round } from "../report.js";
import { mean, quantile } from "../statistics.js";
import type { Rig } from "./rig.js";
import { calmStretches, type Stretch, totalMs } from "./stretches.js";
import { mostElsewhere, type Patience, watchOthers } from "./undisturbed.js";
import { type NotedDecode, type Notes, Visitor } from "./visitor.js";

/** So many people at work, once. */
interface Run {
  /** Of their plans. */
  readonly seed: number;
  /** What of the time counted, since they came. */
  readonly parts: readonly Part[];
  /** How fast the machine was: what a warm click took of the worker's time, on average, from a moment since they came. */
  readonly workerMs: readonly { readonly fromMs: number; readonly clickMs: number }[];
  readonly seconds: number;
  readonly latenciesMs: readonly number[];
  readonly answered: number;
  readonly refusals: number;
  readonly decodes: readonly NotedDecode[];
  /** Others were busy for so long that all of the time counts, and says something about them. */
  readonly isDisturbed: boolean;
  readonly cpuSeconds: Readonly<Record<string, number>>;
  readonly cpuOfSeconds: number;
  readonly problems: readonly string[];
}

export interface Point {
  readonly sessions: number;
  readonly runs: readonly Pick<Run, "seed" | "parts" | "workerMs">[];
  readonly clicks: number;
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
  /** What a warm click took of the worker's time, on average of what counts. */
  readonly clickWorkerMs: number;
  /** Share of one core that each process used. */
  readonly cpu: Readonly<Record<string, number>>;
  readonly isDisturbed: boolean;
  readonly problems: readonly string[];
}

export interface PointOptions {
  readonly sessions: number;
  readonly habits: Habits;
  readonly seed: number;
  readonly warmUpMs: number;
  /** Time in which nobody else was busy, of all runs together. */
  readonly measureMs: number;
  /** How often people come, each time others. */
  readonly runs: number;
}

/** Long enough that the kernel's count of processor time, which it samples, says who was busy. */
const stretchMs = 4000;
/** Fewer warm clicks than these say nothing about the machine. */
const fewClicks = 5;
/** Of the wanted time: so much of it must have been calm. */
const leastCalm = 0.5;

/**
 * Real sessions at work, all of them following their plans, in several runs.
 * @param between is done after each run but the last, with nobody at work.
 */
export async function measurePoint(
  rig: Rig,
  options: PointOptions,
  patience: Patience,
  between: () => Promise<void>,
): Promise<Point> {
  const runs: Run[] = [];
  for (let index = 0; index < options.runs; index++) {
    if (index > 0) await between();
    runs.push(await measureRun(rig, { ...options, seed: options.seed + index }, patience));
  }
  return pointOf(options.sessions, runs);
}

async function measureRun(rig: Rig, options: PointOptions, patience: Patience): Promise<Run> {
  const { sessions, habits, seed, warmUpMs, measureMs, runs } = options;
  const notes: Notes = { clicks: [], decodes: [], refusals: [], encodeMs: [], problems: [] };
  const leaving = new AbortController();
  // Every visitor listens.
  setMaxListeners(0, leaving.signal);
  const beganAt = performance.now();
  const visitors = Array.from({ length: sessions }, (_, index) => {
    const visit = planVisit(new Random(seed, index), habits);
    return new Visitor(rig, visit, notes, leaving.signal).stay();
  });
  await sleep(warmUpMs);
  const before = rig.cpuSeconds();
  const measuredAt = performance.now();
  const { counted, isDisturbed } = await stretches(rig, measureMs / runs, patience);
  const cpu = Object.entries(rig.cpuSeconds()).map(([name, seconds]) => [name, seconds - (before[name] as number)]);
  const cpuOfSeconds = (performance.now() - measuredAt) / 1000;
  const counts = (at: number) => counted.some(({ fromMs, untilMs }) => at >= fromMs && at < untilMs);
  const meant = notes.clicks.filter(({ intendedAt }) => counts(intendedAt));
  if (meant.some(({ answeredAt }) => answeredAt === undefined)) await sleep(graceMs);
  const endAt = performance.now();
  leaving.abort();
  await Promise.all(visitors);
  return {
    seed,
    parts: counted.map(({ fromMs, untilMs }) => ({ fromMs: fromMs - beganAt, untilMs: untilMs - beganAt })),
    workerMs: workerMsByStretch(notes.decodes.filter(isWarmClick), beganAt),
    seconds: totalMs(counted) / 1000,
    // One without an answer has waited that long at least: leaving it out would flatter.
    latenciesMs: meant.map(({ intendedAt, answeredAt }) => (answeredAt ?? endAt) - intendedAt),
    answered: notes.clicks.filter(({ answeredAt }) => answeredAt !== undefined && counts(answeredAt)).length,
    refusals: notes.refusals.filter(counts).length,
    decodes: notes.decodes.filter(({ at }) => counts(at)),
    isDisturbed,
    cpuSeconds: Object.fromEntries(cpu),
    cpuOfSeconds,
    problems: notes.problems,
  };
}

const isWarmClick = ({ preview, source }: NotedDecode) => !preview && source === EmbeddingSource.WORKER;

/** @param decodes warm clicks, all of them, also of the time that does not count: what queued up then is answered later. */
function workerMsByStretch(decodes: readonly NotedDecode[], beganAt: number): Run["workerMs"] {
  const stretches = new Map<number, number[]>();
  for (const { at, workerMs } of decodes) {
    const stretch = Math.floor((at - beganAt) / stretchMs);
    const some = stretches.get(stretch) ?? [];
    stretches.set(stretch, [...some, workerMs]);
  }
  return [...stretches]
    .sort(([a], [b]) => a - b)
    .filter(([, some]) => some.length >= fewClicks)
    .map(([stretch, some]) => ({ fromMs: stretch * stretchMs, clickMs: round(mean(some)) }));
}

/** Waits until enough of the time was calm. @returns what counts of it. */
async function stretches(rig: Rig, wantedMs: number, patience: Patience) {
  const others = watchOthers(rig);
  const all: Stretch[] = [];
  const calm = () => calmStretches(all, mostElsewhere);
  while (totalMs(calm()) < wantedMs && (totalMs(all) < wantedMs || !patience.isOver)) {
    const fromMs = performance.now();
    const calmMs = totalMs(calm());
    await sleep(Math.min(stretchMs, wantedMs));
    all.push({ fromMs, untilMs: performance.now(), elsewhere: others() });
    if (totalMs(calm()) === calmMs) patience.spend(performance.now() - fromMs);
  }
  const isDisturbed = totalMs(calm()) < leastCalm * wantedMs;
  return { counted: isDisturbed ? all : calm(), isDisturbed };
}

function pointOf(sessions: number, runs: readonly Run[]): Point {
  const sum = (of: (run: Run) => number) => runs.reduce((all, run) => all + of(run), 0);
  const seconds = sum((run) => run.seconds);
  const latencies = runs.flatMap(({ latenciesMs }) => latenciesMs);
  const decodes = runs.flatMap((run) => run.decodes);
  const warm = decodes.filter(({ source }) => source === EmbeddingSource.WORKER);
  const cpu = Object.keys(runs[0]?.cpuSeconds ?? {}).map((name) => [
    name,
    round(sum(({ cpuSeconds }) => cpuSeconds[name] ?? Number.NaN) / sum(({ cpuOfSeconds }) => cpuOfSeconds)),
  ]);
  return {
    sessions,
    runs: runs.map(({ seed, parts, workerMs }) => ({ seed, parts, workerMs })),
    clicks: latencies.length,
    offeredPerSecond: round(latencies.length / seconds),
    answeredPerSecond: round(sum(({ answered }) => answered) / seconds),
    meanMs: round(mean(latencies)),
    p50Ms: round(quantile(latencies, 0.5)),
    p95Ms: round(quantile(latencies, 0.95)),
    p99Ms: round(quantile(latencies, 0.99)),
    refusals: sum((run) => run.refusals),
    decodesPerSecond: round(decodes.length / seconds),
    warmShare: round(warm.length / Math.max(1, decodes.length)),
    clickWorkerMs: round(mean(decodes.filter(isWarmClick).map(({ workerMs }) => workerMs))),
    cpu: Object.fromEntries(cpu),
    isDisturbed: runs.some((run) => run.isDisturbed),
    problems: [...new Set(runs.flatMap(({ problems }) => problems))],
  };
}
