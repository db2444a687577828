import type { Calibration } from "../../simulation/calibration.js";
import { type Figures, type Pace, simulate } from "../../simulation/system.js";
import { atMost, type Bar, round } from "../report.js";
import { mean, quantile } from "../statistics.js";
import type { Point, PointOptions } from "./measure-point.js";
import { totalMs } from "./stretches.js";

const compared = ["answeredPerSecond", "meanMs", "p95Ms"] as const;
type Compared = (typeof compared)[number];
type Simulated = Pick<Figures, Compared | "warmShare" | "decoderUse">;

const closeEnough = 0.15;
/** The same people with the same plans, so often with other draws of every time that is drawn. */
const draws = 20;

type Difference = Readonly<Record<Compared, number>>;

export interface Comparison {
  readonly sessions: number;
  readonly measured: Pick<Figures, Compared | "warmShare">;
  /** Means over the draws. */
  readonly simulated: Simulated;
  /** Simulated over measured, less one. */
  readonly difference: Difference;
  /** Between what shares of the mean 90 % of the draws lie: what chance alone does to the p95 of so many clicks. */
  readonly p95ByChance: readonly [number, number];
  /**
   * The worker's own time for a warm click when this was measured, over that on paper: how much slower the machine was than
   * while it was calibrated.
   */
  readonly slowness: number;
  /**
   * The differences when the decoder on paper follows the machine's pace, stretch by stretch: what is left is the model's
   * doing, of the queues and whoever stands in them, and not that of neighbours on the machine.
   */
  readonly differenceAtItsPace: Difference;
}

interface People extends Pick<PointOptions, "habits" | "warmUpMs" | "measureMs"> {
  readonly decoderCacheBytes: number;
}

/** The same people with the same plans, once more on paper, in the same parts of the time. */
export function compare(
  point: Point,
  people: People,
  { calibration, handlingMs }: { readonly calibration: Calibration; readonly handlingMs: number },
): Comparison {
  const { simulated, p95s, warmClickMs } = onPaper(point, people, calibration);
  const onPaperMs = warmClickMs - handlingMs;
  const pacesOf = ({ workerMs }: Point["runs"][number]) =>
    workerMs.map(({ fromMs, clickMs }) => ({ fromMs, slowness: clickMs / onPaperMs }));
  const { answeredPerSecond, meanMs, p95Ms, warmShare } = point;
  const difference = (from: Simulated): Difference => ({
    answeredPerSecond: round(from.answeredPerSecond / answeredPerSecond - 1),
    meanMs: round(from.meanMs / meanMs - 1),
    p95Ms: round(from.p95Ms / p95Ms - 1),
  });
  const byChance = (share: number) => round(quantile(p95s, share) / mean(p95s));
  return {
    sessions: point.sessions,
    measured: { answeredPerSecond, meanMs, p95Ms, warmShare },
    simulated,
    difference: difference(simulated),
    p95ByChance: [byChance(0.05), byChance(0.95)],
    slowness: round(point.clickWorkerMs / onPaperMs),
    differenceAtItsPace: difference(onPaper(point, people, calibration, pacesOf).simulated),
  };
}

function onPaper(
  { sessions, runs }: Point,
  people: People,
  calibration: Calibration,
  pacesOf: (run: Point["runs"][number]) => readonly Pace[] = () => [],
) {
  const { habits, warmUpMs, measureMs, decoderCacheBytes } = people;
  const one = { gateways: 1, decoders: 1, workers: 1, encoders: 1, clientsOnGateway: true };
  const { encodeMs } = calibration;
  const shape = { ...one, sessions, encodeMs, decoderCacheBytes, cacheBytesPerSecond: Number.MAX_SAFE_INTEGER };
  const all = Array.from({ length: draws }, (_, draw) =>
    together(
      runs.map((run) => {
        const { seed, parts } = run;
        const span = { seed, warmUpMs, measureMs, draw, parts, paces: pacesOf(run) };
        return { seconds: totalMs(parts) / 1000, figures: simulate(shape, habits, calibration, span) };
      }),
    ),
  );
  const meanOf = (figure: keyof Simulated | "warmClickMs") => round(mean(all.map((figures) => figures[figure])));
  const simulated: Simulated = {
    answeredPerSecond: meanOf("answeredPerSecond"),
    meanMs: meanOf("meanMs"),
    p95Ms: meanOf("p95Ms"),
    warmShare: meanOf("warmShare"),
    decoderUse: meanOf("decoderUse"),
  };
  return { simulated, p95s: all.map(({ p95Ms }) => p95Ms), warmClickMs: meanOf("warmClickMs") };
}

/** Several runs as one. */
function together(runs: readonly { readonly seconds: number; readonly figures: Figures }[]) {
  const seconds = runs.reduce((sum, run) => sum + run.seconds, 0);
  const overTime = (figure: "answeredPerSecond" | "warmShare" | "decoderUse" | "warmClickMs") =>
    runs.reduce((sum, run) => sum + run.figures[figure] * run.seconds, 0) / seconds;
  const latencies = runs.flatMap(({ figures }) => figures.latenciesMs);
  return {
    answeredPerSecond: overTime("answeredPerSecond"),
    meanMs: mean(latencies),
    p95Ms: quantile(latencies, 0.95),
    warmShare: overTime("warmShare"),
    decoderUse: overTime("decoderUse"),
    warmClickMs: overTime("warmClickMs"),
  };
}

/** The greatest difference of each figure at any point, from calibration alone and at the machine's pace. */
export function comparisonBars(comparisons: readonly Comparison[]): Bar[] {
  const worst = (from: "difference" | "differenceAtItsPace", figure: Compared) =>
    Math.max(...comparisons.map((comparison) => Math.abs(comparison[from][figure])));
  return compared.flatMap((figure) => [
    atMost(`simulated against measured, ${figure}`, worst("difference", figure), closeEnough, "of it"),
    atMost(`at the machine's pace, ${figure}`, worst("differenceAtItsPace", figure), closeEnough, "of it"),
  ]);
}
