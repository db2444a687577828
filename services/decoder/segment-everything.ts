import { setTimeout as sleep } from "node:timers/promises";
import type { MessageInitShape } from "@bufbuild/protobuf";
import type { SegmentEverythingEventSchema, SegmentEverythingRequest } from "../../proto/index.js";
import { Code, ServiceError } from "../runtime/errors.js";
import type { CallContext, Send } from "../runtime/grpc/serve.js";
import type { FeaturesTask, GridTask } from "./decoder-tasks.js";
import type { DecoderTier, PictureTasks } from "./decoder-tier.js";
import { AdaptiveOrder } from "./everything/adaptive-order.js";
import { type EverythingOptions, everythingOptions } from "./everything/everything-options.js";
import { type Finding, Ledger, type LedgerChange } from "./everything/ledger.js";
import { type GridPoint, pointGrid } from "./everything/point-grid.js";
import { maskMessage } from "./mask-message.js";

type Event = MessageInitShape<typeof SegmentEverythingEventSchema>;

/** Points of one run: enough to share its cost, few enough that a click waits no longer than a tenth of a second behind it. */
const pointsPerRun = 4;

/** `DecoderService.SegmentEverything`: a grid of points through the same workers, behind the clicks of people. */
export async function segmentEverything(
  tier: DecoderTier,
  request: SegmentEverythingRequest,
  send: Send<Event>,
  { signal }: CallContext,
): Promise<void> {
  const started = performance.now();
  const options = everythingOptions(request);
  const picture = await tier.openPicture(request.imageId, request.model, signal);
  const { width, height } = picture;
  const points = pointGrid(options.pointsPerSide, picture);
  const order = await pointOrder(points, options, picture);
  const total = order.left;
  const ledger = new Ledger(options.boxNmsThreshold);
  let done = 0;

  const tell = async ({ found, retracted }: LedgerChange) => {
    for (const id of retracted) await send({ event: { case: "retracted", value: { id } } });
    for (const finding of found) await send({ event: { case: "found", value: annotation(finding, picture) } });
  };
  const progress = async () => {
    const etaMs = done === 0 ? 0 : Math.round(((performance.now() - started) / done) * (total - done));
    await send({ event: { case: "progress", value: { pointsDone: done, pointsTotal: total, etaMs } } });
  };
  const work = async () => {
    for (let batch = take(order); batch.length > 0; batch = take(order)) {
      const asked = batch.map((index) => points[index] as GridPoint);
      const answers = await patiently(signal, () =>
        picture.run<GridTask>({ kind: "grid", points: asked, thresholds: options.thresholds }),
      );
      for (const [at, masks] of answers.entries()) {
        const { newMasks, ...change } = ledger.add(asked[at] as GridPoint, masks);
        order.answered(batch[at] as number, newMasks);
        done++;
        await tell(change);
      }
      await progress();
    }
  };
  await progress();
  // One batch for each worker: the next is chosen with all that is known by then.
  await Promise.all(Array.from({ length: tier.workers }, work));
  await tell(ledger.settle());
  await send({
    event: {
      case: "done",
      value: {
        image: { imageId: request.imageId, width, height },
        masks: ledger.shown,
        points: done,
        elapsedMs: performance.now() - started,
      },
    },
  });
}

/** Which point is asked next, and what is told of its answer. */
interface PointOrder {
  readonly left: number;
  next(): number | undefined;
  answered(index: number, newMasks: number): void;
}

async function pointOrder(points: GridPoint[], options: EverythingOptions, picture: PictureTasks): Promise<PointOrder> {
  if (options.isAdaptive)
    return new AdaptiveOrder(points, await picture.run<FeaturesTask>({ kind: "features", points }));
  let next = 0;
  return {
    get left() {
      return points.length - next;
    },
    next: () => (next < points.length ? next++ : undefined),
    answered: () => {},
  };
}

function take(order: PointOrder): number[] {
  const batch: number[] = [];
  while (batch.length < pointsPerRun) {
    const index = order.next();
    if (index === undefined) break;
    batch.push(index);
  }
  return batch;
}

/** Bulk work waits while people fill the queue; it never adds to an overload. */
async function patiently<T>(signal: AbortSignal, run: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await run();
    } catch (error) {
      if (!(error instanceof ServiceError && error.code === Code.RESOURCE_EXHAUSTED)) throw error;
      await sleep(error.retryAfterMs ?? 100, undefined, { signal });
    }
  }
}

function annotation({ id, mask, point }: Finding, picture: PictureTasks) {
  const { width, height } = picture;
  return {
    id,
    mask: maskMessage(mask, picture),
    point: { x: point.x, y: point.y, label: 1 },
    cropBox: { x: 0, y: 0, width, height },
  };
}
