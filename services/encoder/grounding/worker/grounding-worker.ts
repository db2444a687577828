import { workerData } from "node:worker_threads";
import { serveTasks } from "../../../inference/workers/serve-tasks.js";
import type { Look } from "../families/family.js";
import { detectorFamilies } from "../families/index.js";
import { type LoadableDetector, loadDetector } from "../load-detector.js";
import type { DetectedAll, DetectTask } from "./grounding-tasks.js";

/** What a worker is started with. */
export interface GroundingWorkerData {
  detectors: LoadableDetector[];
  threads: number;
}

const { detectors, threads } = workerData as GroundingWorkerData;

await serveTasks<DetectTask, DetectedAll>(async (say) => {
  const detail = { detectors: detectors.map(({ id }) => id) };
  /** Each from when it is asked first: who asks for things waits for nothing that reads. */
  const loaded = new Map<string, Promise<Look>>();
  const look = (id: string): Promise<Look> => {
    const detector = detectors.find((one) => one.id === id);
    if (!detector) throw new Error(`the detector ${id} is not here`);
    const known = loaded.get(id);
    if (known) return known;
    const loading = loadDetector(detector, threads);
    loaded.set(id, loading);
    // The next one who asks tries again.
    loading.catch(() => loaded.delete(id));
    return loading;
  };
  const isSlow = (id: string) => {
    const family = detectors.find((one) => one.id === id)?.family ?? "";
    return detectorFamilies[family]?.isSlow === true;
  };
  return {
    detail,
    run: async ({ detectors, pixels, words, candidates }) => {
      const result: DetectedAll = [];
      for (const id of detectors) {
        // What is loaded, or takes its time, is not taken to hang.
        const isLong = !loaded.has(id) || isSlow(id);
        if (isLong) say(detail, true);
        try {
          result.push(await (await look(id))(pixels, words, candidates));
        } finally {
          if (isLong) say(detail, false);
        }
      }
      return { result, transfer: [] };
    },
  };
});
