import { workerData } from "node:worker_threads";
import { serveTasks } from "../../../inference/workers/serve-tasks.js";
import type { Look } from "../families/family.js";
import { type LoadableDetector, loadDetector } from "../load-detector.js";
import type { DetectedAll, DetectTask } from "./grounding-tasks.js";

/** What a worker is started with. */
export interface GroundingWorkerData {
  detectors: LoadableDetector[];
  threads: number;
}

const { detectors, threads } = workerData as GroundingWorkerData;

await serveTasks<DetectTask, DetectedAll>(async () => {
  /** Each from when it is asked first: who asks for things waits for nothing that reads. */
  const loaded = new Map<string, Promise<Look>>();
  const look = (id: string): Promise<Look> => {
    const detector = detectors.find((one) => one.id === id);
    if (!detector) throw new Error(`the detector ${id} is not here`);
    const known = loaded.get(id);
    if (known) return known;
    const loading = loadDetector(detector, threads);
    loaded.set(id, loading);
    return loading;
  };
  return {
    detail: { detectors: detectors.map(({ id }) => id) },
    run: async ({ detectors, pixels, words, candidates }) => {
      const result: DetectedAll = [];
      for (const id of detectors) result.push(await (await look(id))(pixels, words, candidates));
      return { result, transfer: [] };
    },
  };
});
