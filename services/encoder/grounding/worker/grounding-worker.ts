import { workerData } from "node:worker_threads";
import { serveTasks } from "../../../inference/workers/serve-tasks.js";
import { type LoadableDetector, type LoadedDetector, loadDetector } from "../load-detector.js";
import type { DetectedAll, DetectTask } from "./grounding-tasks.js";

/** What a worker is started with. */
export interface GroundingWorkerData {
  detectors: LoadableDetector[];
  threads: number;
}

const { detectors, threads } = workerData as GroundingWorkerData;

await serveTasks<DetectTask, DetectedAll>(async () => {
  const loaded = new Map<string, LoadedDetector>();
  const startedAt = performance.now();
  for (const detector of detectors) loaded.set(detector.id, await loadDetector(detector, threads));
  return {
    detail: { detectors: [...loaded.keys()], loadMs: Math.round(performance.now() - startedAt) },
    run: async ({ detectors, pixels }) => {
      const result: DetectedAll = [];
      for (const id of detectors) {
        const detect = loaded.get(id);
        if (!detect) throw new Error(`the detector ${id} is not loaded`);
        result.push(await detect(pixels));
      }
      return { result, transfer: [] };
    },
  };
});
