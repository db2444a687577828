import type { Calibration } from "../../simulation/calibration.js";
import { type Figures, simulate } from "../../simulation/system.js";
import { round } from "../report.js";
import type { Point, PointOptions } from "./measure-point.js";

const compared = ["answeredPerSecond", "meanMs", "p95Ms"] as const;

export interface Comparison {
  readonly sessions: number;
  readonly measured: Pick<Figures, (typeof compared)[number]>;
  readonly simulated: Pick<Figures, (typeof compared)[number] | "decoderUse" | "warmShare">;
  /** Simulated over measured, less one. */
  readonly difference: Readonly<Record<(typeof compared)[number], number>>;
}

/** The same people with the same plans, once more on paper. */
export function compare(
  point: Point,
  { habits, seed, warmUpMs, measureMs }: Omit<PointOptions, "sessions">,
  calibration: Calibration,
  decoderCacheBytes: number,
): Comparison {
  const { sessions } = point;
  const one = { gateways: 1, decoders: 1, workers: 1, encoders: 1 };
  const { encodeMs } = calibration;
  const shape = { ...one, sessions, encodeMs, decoderCacheBytes, cacheBytesPerSecond: Number.MAX_SAFE_INTEGER };
  const figures = simulate(shape, habits, calibration, { seed, warmUpMs, measureMs });
  const of = (from: Pick<Figures, (typeof compared)[number]>) => ({
    answeredPerSecond: round(from.answeredPerSecond),
    meanMs: round(from.meanMs),
    p95Ms: round(from.p95Ms),
  });
  const [measured, simulated] = [of(point), of(figures)];
  const { decoderUse, warmShare } = figures;
  return {
    sessions,
    measured,
    simulated: { ...simulated, decoderUse: round(decoderUse), warmShare: round(warmShare) },
    difference: {
      answeredPerSecond: round(simulated.answeredPerSecond / measured.answeredPerSecond - 1),
      meanMs: round(simulated.meanMs / measured.meanMs - 1),
      p95Ms: round(simulated.p95Ms / measured.p95Ms - 1),
    },
  };
}

/** The greatest difference of any figure at any point, as a share. */
export function worst(comparisons: readonly Comparison[], figure: (typeof compared)[number]): number {
  return Math.max(...comparisons.map(({ difference }) => Math.abs(difference[figure])));
}
