import { atLeast, type Outcome, round } from "../report.js";
import { mean, p50p95 } from "../statistics.js";

/** The least mean IoU of a prompt's masks with those that the processor's embedding gives. */
const leastIou = 0.99;

/** What was found out of an accelerator. */
export interface Measured {
  provider: string;
  /** As its driver calls it; undefined where that cannot be asked. */
  device: string | undefined;
  /** How the encoder's graph is served by it. */
  graph: string;
  /** Milliseconds of a run, by the frame's sides. */
  latencies: Record<string, number[]>;
  /** Pictures a second by the size of the batch, or why there are none. */
  batches: Record<number, number | string>;
  /** IoU of each prompt's masks, by the kind of prompt. */
  ious: Record<string, number[]>;
  /** MiB that this process has on the device, by when. */
  deviceMiB: Record<string, number>;
}

export function report(measured: Measured): Outcome {
  const { provider, device, graph, latencies, batches, ious, deviceMiB } = measured;
  return {
    bars: Object.entries(ious).map(([kind, all]) =>
      atLeast(`${kind}: mean IoU with the processor's masks`, mean(all), leastIou, "IoU"),
    ),
    detail: {
      accelerator: { provider, device: device ?? "not told" },
      graph,
      "encode, ms": Object.fromEntries(Object.entries(latencies).map(([frame, all]) => [frame, p50p95(all)])),
      "pictures a second": Object.fromEntries(
        Object.entries(batches).map(([size, rate]) => [size, typeof rate === "number" ? round(rate) : rate]),
      ),
      prompts: Object.values(ious).reduce((sum, all) => sum + all.length, 0),
      "least IoU": Object.fromEntries(Object.entries(ious).map(([kind, all]) => [kind, round(Math.min(...all))])),
      "device memory, MiB": deviceMiB,
    },
  };
}

/** @param reasons why each provider that was tried does not start. */
export function noAccelerator(reasons: Record<string, string>): Outcome {
  return { bars: [], detail: { accelerator: null, "does not start": reasons } };
}

/**
 * MiB of a process, from `nvidia-smi --query-compute-apps=pid,used_memory --format=csv,noheader,nounits`; undefined where it is
 * not listed, as in containers that number their processes by themselves.
 */
export function deviceMiBOf(listed: string, pid: number): number | undefined {
  const row = listed.split("\n").map((line) => line.split(",").map((cell) => Number(cell.trim())));
  return row.find(([one]) => one === pid)?.[1];
}
