import type { PictureTasks } from "../pictures/pictures.js";
import type { FeaturesTask, PrepareTask } from "../worker/decoder-tasks.js";
import { AdaptiveOrder } from "./adaptive-order.js";
import type { PointGrid } from "./point-grid.js";

/** Points of one run: enough to share its cost, few enough that a click waits no longer than a tenth of a second behind it. */
const pointsPerRun = 4;

/** Which point is asked next, and what is told of its answer. */
export interface PointOrder {
  readonly left: number;
  next(): number | undefined;
  answered(index: number, newMasks: number): void;
}

/** @throws ServiceError NOT_FOUND when the embedding is damaged: before anything is told. */
export async function pointOrder(grid: PointGrid, isAdaptive: boolean, picture: PictureTasks): Promise<PointOrder> {
  const points = [...grid.points];
  if (isAdaptive) return new AdaptiveOrder(grid, await picture.run<FeaturesTask>({ kind: "features", points }));
  await picture.run<PrepareTask>({ kind: "prepare" });
  let next = 0;
  return {
    get left() {
      return points.length - next;
    },
    next: () => (next < points.length ? next++ : undefined),
    answered: () => {},
  };
}

/** The points of the next run; none when all were asked. */
export function takeBatch(order: PointOrder): number[] {
  const batch: number[] = [];
  while (batch.length < pointsPerRun) {
    const index = order.next();
    if (index === undefined) break;
    batch.push(index);
  }
  return batch;
}
