import type { Calibration } from "./calibration.js";
import type { Plan } from "./sizing.js";
import type { Habits } from "./visit.js";

const GiB = 2 ** 30;
const MiB = 2 ** 20;

interface Prices {
  readonly perCoreHour: number;
  readonly perGpuHour: number;
  /** Of the cache's memory. */
  readonly perGibHour: number;
}

interface Storage {
  /** An uploaded file. */
  readonly fileMiB: number;
  /** What the cache takes for an embedding over its own bytes. */
  readonly overhead: number;
  /** How long new pictures come in at the busiest rate before the first are forgotten. */
  readonly keptHours: number;
}

export interface Bill {
  readonly gateways: number;
  readonly decoders: number;
  readonly decoderCores: number;
  readonly encoders: number;
  readonly newPicturesPerSecond: number;
  readonly cacheGiB: number;
  readonly cacheInMiBPerSecond: number;
  readonly cacheOutMiBPerSecond: number;
  readonly perHour: Readonly<Record<"gateways" | "decoders" | "encoders" | "cache" | "all", number>>;
}

/** New pictures a second of so many people at work. */
export function newPicturesPerSecond(active: number, { thinkMs, clicksPerPicture, newShare }: Habits): number {
  // As planned by `planVisit`: a pause for each click, and one before the next picture.
  return (active * 1000 * newShare) / (thinkMs * (clicksPerPicture + 1));
}

/** @param encoder what one of them runs on. @param gatewayCores of one gateway. */
export function billOf(
  plan: Plan,
  active: number,
  habits: Habits,
  { decoder }: Calibration,
  { workers, encoder, gatewayCores }: { workers: number; encoder: "core" | "gpu"; gatewayCores: number },
  storage: Storage,
  prices: Prices,
): Bill {
  const { cells, cell } = plan;
  const gateways = cells * cell.gateways;
  const decoders = cells * cell.decoders;
  const encoders = cells * cell.encoders;
  const newRate = newPicturesPerSecond(active, habits);
  const storedBytes = decoder.recordBytes * storage.overhead + storage.fileMiB * MiB;
  const cacheGiB = (newRate * 3600 * storage.keptHours * storedBytes) / GiB;
  const perHour = {
    gateways: gateways * gatewayCores * prices.perCoreHour,
    decoders: decoders * workers * prices.perCoreHour,
    encoders: encoders * (encoder === "gpu" ? prices.perGpuHour : prices.perCoreHour),
    cache: cacheGiB * prices.perGibHour,
  };
  return {
    gateways,
    decoders,
    decoderCores: decoders * workers,
    encoders,
    newPicturesPerSecond: newRate,
    cacheGiB,
    cacheInMiBPerSecond: (newRate * (decoder.recordBytes + storage.fileMiB * MiB)) / MiB,
    cacheOutMiBPerSecond: (cells * cell.figures.cacheReadsPerSecond * decoder.recordBytes) / MiB,
    perHour: { ...perHour, all: Object.values(perHour).reduce((sum, one) => sum + one, 0) },
  };
}
