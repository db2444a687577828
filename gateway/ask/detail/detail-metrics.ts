import { Counter, Histogram, type Registry } from "../../../services/runtime/metrics.js";

/**
 * What became of an answer that was to be made finer. `kept`: no finer mask agreed with the first. `refused`: for want of room, at
 * the encoder, of the caller's limits or of the session's own. `left`: a newer click came, or the caller went.
 */
export type DetailOutcome = "finer" | "kept" | "refused" | "left" | "failed";

export interface DetailEvents {
  ended(outcome: DetailOutcome, ms: number): void;
}

export const noDetailEvents: DetailEvents = { ended: () => {} };

/** A part's encode takes from half a second to many, one that is cached some milliseconds. */
const buckets = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8, 16, 30];

export function createDetailMetrics(registry: Registry): DetailEvents {
  const registers = [registry];
  const labelNames = ["outcome"];
  const total = new Counter({
    name: "maskwire_details_total",
    help: "Answers that were to be made finer on a part of the picture, by what became of them",
    labelNames,
    registers,
  });
  const seconds = new Histogram({
    name: "maskwire_detail_seconds",
    help: "Time from a first answer to its finer one, the encode of the part included",
    labelNames,
    buckets,
    registers,
  });
  return {
    ended(outcome, ms) {
      total.inc({ outcome });
      seconds.observe({ outcome }, ms / 1000);
    },
  };
}
