import { Counter, Gauge, Histogram, latencyBuckets, type Registry } from "../runtime/metrics.js";
import type { StageTimes } from "./encodes/encode-picture.js";
import type { LookTimes } from "./grounding/grounder.js";
import type { Loss } from "./pictures/picture-slot.js";

/** What is read whenever the metrics are asked for. */
interface Sources {
  maxQueue: number;
  /** Pictures that wait to be encoded. */
  waiting: () => number;
  /** Of these, those that are not decoded yet. */
  undecoded: () => number;
  /** Resident memory of the processes that decode pictures. */
  processBytes: () => number;
}

/** @returns to be told of what happens. */
export function createMetrics(metrics: Registry, { maxQueue, waiting, undecoded, processBytes }: Sources) {
  const registers = [metrics];
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
  gauge("maskwire_encoder_queue_depth", "Pictures that wait to be encoded", waiting);
  gauge(
    "maskwire_picture_queue_depth",
    "Of the pictures that wait to be encoded, those that are not decoded yet",
    undecoded,
  );
  gauge("maskwire_picture_process_memory_bytes", "Resident memory of the processes that decode pictures", processBytes);
  new Gauge({ name: "maskwire_encoder_queue_limit", help: "Pictures that may wait to be encoded", registers }).set(
    maxQueue,
  );
  const encodes = new Counter({
    name: "maskwire_encodes_total",
    help: "Encodes by outcome: encoded or failed",
    labelNames: ["outcome"],
    registers,
  });
  const losses = new Counter({
    name: "maskwire_picture_losses_total",
    help: "Processes that were lost over a picture, by reason: time, memory, crash, or killed, which is by the kernel short of memory or by a person",
    labelNames: ["reason"],
    registers,
  });
  for (const reason of ["time", "memory", "killed", "crash"] satisfies Loss[]) losses.inc({ reason }, 0);
  const saved = new Counter({
    name: "maskwire_encodes_saved_total",
    help: "Encodes that were not needed because the same was under way in this process, or elsewhere in the cluster",
    labelNames: ["by"],
    registers,
  });
  const seconds = new Histogram({
    name: "maskwire_encode_seconds",
    help: "Time of an encode by stage",
    labelNames: ["stage"],
    buckets: latencyBuckets,
    registers,
  });
  const looks = new Histogram({
    name: "maskwire_look_seconds",
    help: "Time of a detector's look at a picture for words, by stage: read (the picture) and detect",
    labelNames: ["stage"],
    buckets: latencyBuckets,
    registers,
  });
  const running = new Gauge({
    name: "maskwire_encoder_provider",
    help: "1 for the execution provider that runs the model, 0 for one that has run it",
    labelNames: ["model", "provider"],
    registers,
  });
  const runningBy = new Map<string, string | undefined>();
  return {
    encoded(times: StageTimes) {
      encodes.inc({ outcome: "encoded" });
      for (const [stage, ms] of Object.entries(times)) seconds.observe({ stage }, ms / 1000);
    },
    looked(times: LookTimes) {
      for (const [stage, ms] of Object.entries(times)) looks.observe({ stage }, ms / 1000);
    },
    failed: () => encodes.inc({ outcome: "failed" }),
    saved: (by: "process" | "cluster") => saved.inc({ by }),
    pictureLost: (reason: Loss) => losses.inc({ reason }),
    /** @param provider undefined while none is there. */
    runs(model: string, provider: string | undefined) {
      const before = runningBy.get(model);
      if (before !== undefined && before !== provider) running.set({ model, provider: before }, 0);
      if (provider !== undefined) running.set({ model, provider }, 1);
      runningBy.set(model, provider);
    },
  };
}
