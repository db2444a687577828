import { setMaxListeners } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import type { MessageInitShape } from "@bufbuild/protobuf";
import {
  type CropBox,
  cropBoxes,
  type SegmentEverythingEventSchema,
  type SegmentEverythingRequest,
} from "../../proto/index.js";
import { Code, invalidArgument, ServiceError } from "../runtime/errors.js";
import type { CallContext, Send } from "../runtime/grpc/serve.js";
import { checkImageId } from "../runtime/image-id.js";
import type { PictureSize } from "../sam/prompts/check-prompt.js";
import type { Asker, DecoderTier, PictureTasks } from "./decoder-tier.js";
import { AdaptiveOrder } from "./everything/adaptive-order.js";
import { type EverythingOptions, everythingOptions, layerSide, mostPoints } from "./everything/everything-options.js";
import { counter, duplicatesAcrossParts, type Finding, Ledger, type LedgerChange } from "./everything/ledger.js";
import { type GridPoint, type PointGrid, pointGrid } from "./everything/point-grid.js";
import { maskMessage } from "./pictures/mask-message.js";
import type { DecodedGrid, FeaturesTask, GridTask, PrepareTask } from "./worker/decoder-tasks.js";

type Event = MessageInitShape<typeof SegmentEverythingEventSchema>;

/** Points of one run: enough to share its cost, few enough that a click waits no longer than a tenth of a second behind it. */
const pointsPerRun = 4;

/** What everything mode needs of its tier. */
export type EverythingTier = Pick<DecoderTier, "workers" | "openPicture" | "enterEverything" | "everythingLimits">;

/** `DecoderService.SegmentEverything`: a grid of points through the same workers, behind the clicks of people. */
export async function segmentEverything(
  tier: EverythingTier,
  request: SegmentEverythingRequest,
  send: Send<Event>,
  { signal, origin }: CallContext,
): Promise<void> {
  const options = everythingOptions(request);
  const { maxPoints, deadlineMs } = tier.everythingLimits;
  checkPoints(options, maxPoints);
  const { caller = "" } = origin;
  const leave = tier.enterEverything(caller);
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(tooLate(deadlineMs)), deadlineMs);
  try {
    const own = { signal: AbortSignal.any([signal, late.signal]), caller };
    // A reader that has stopped reading holds up what is told, and may not hold its place for that.
    await Promise.race([findEverything(tier, request, options, send, own), failure(late.signal)]);
  } catch (error) {
    throw late.signal.aborted && !signal.aborted ? late.signal.reason : error;
  } finally {
    clearTimeout(timer);
    leave();
  }
}

/** E7 @throws ServiceError INVALID_ARGUMENT */
function checkPoints(options: EverythingOptions, maxPoints: number): void {
  const points = mostPoints(options);
  if (points <= maxPoints) return;
  const { pointsPerSide, crops } = options;
  throw invalidArgument(
    `points_per_side ${pointsPerSide} with crop_n_layers ${crops.layers} makes ${points} points; at most ${maxPoints} are asked ` +
      "of one picture. Take fewer, or raise crop_n_points_downscale_factor.",
  );
}

const tooLate = (deadlineMs: number) =>
  new ServiceError({
    code: Code.DEADLINE_EXCEEDED,
    message: `Everything mode took longer than ${Math.round(deadlineMs / 1000)} s; take fewer points or crop layers.`,
  });

function failure(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason), { once: true }));
}

async function findEverything(
  tier: EverythingTier,
  request: SegmentEverythingRequest,
  options: EverythingOptions,
  send: Send<Event>,
  asker: Asker,
): Promise<void> {
  const started = performance.now();
  const failed = new AbortController();
  const signal = AbortSignal.any([asker.signal, failed.signal]);
  // Every part of the picture and every worker listens to it while it waits.
  setMaxListeners(0, signal);
  const parts = await openParts(tier, request, options, { ...asker, signal });
  const [{ picture }] = parts;
  const total = parts.reduce((sum, { order }) => sum + order.left, 0);
  let done = 0;

  // All of a change at once: while one batch waits for a slow reader another's change must not come in between, which
  // could retract what has not been told yet.
  const tell = async ({ found, retracted }: LedgerChange, crop: CropBox) => {
    await Promise.all([
      ...retracted.map((id) => send({ event: { case: "retracted", value: { id } } })),
      ...found.map((finding) => send({ event: { case: "found", value: annotation(finding, crop, picture) } })),
    ]);
  };
  const progress = async () => {
    const etaMs = done === 0 ? 0 : Math.round(((performance.now() - started) / done) * (total - done));
    await send({ event: { case: "progress", value: { pointsDone: done, pointsTotal: total, etaMs } } });
  };
  const search = ({ crop, tasks, grid: { points }, order, ledger }: Part) => {
    const part = crop.layer > 0 ? { part: { crop, picture } } : {};
    // Answers are taken in the order in which their batches were asked, and the next batch is chosen then: which worker is
    // faster must not change the result.
    let taken: Promise<number[]> = Promise.resolve([]);
    return async () => {
      for (let batch = take(order); batch.length > 0; ) {
        const asked = batch.map((index) => points[index] as GridPoint);
        const answers = patiently(signal, () =>
          tasks.run<GridTask>({ kind: "grid", points: asked, thresholds: options.thresholds, ...part }),
        );
        taken = takeInTurn(taken, answers, batch, asked);
        batch = await taken;
        await progress();
      }
    };
    async function takeInTurn(
      before: Promise<unknown>,
      coming: Promise<DecodedGrid>,
      batch: number[],
      asked: GridPoint[],
    ) {
      const answers = await coming;
      await before;
      signal.throwIfAborted();
      for (const [at, masks] of answers.entries()) {
        const { newMasks, ...change } = ledger.add(asked[at] as GridPoint, masks);
        order.answered(batch[at] as number, newMasks);
        done++;
        await tell(change, crop);
      }
      return take(order);
    }
  };
  await progress();
  for (const part of parts) {
    // One batch for each worker.
    await allOrNone(tier.workers, search(part), failed);
    await tell(part.ledger.settle(), part.crop);
  }
  const retracted = duplicatesAcrossParts(
    parts.map(({ crop, ledger }) => ({ area: crop.width * crop.height, findings: ledger.findings })),
    options.crops.nmsThreshold,
  );
  // Within one part its own suppression has the last word.
  if (parts.length > 1) await tell({ found: [], retracted }, parts[0].crop);
  const shown = parts.reduce((sum, { ledger }) => sum + ledger.shown, 0);
  await send({
    event: {
      case: "done",
      value: {
        image: { imageId: checkImageId(request.imageId), width: picture.width, height: picture.height },
        masks: shown - (parts.length > 1 ? retracted.length : 0),
        points: done,
        elapsedMs: performance.now() - started,
      },
    },
  });
}

/** A part of the picture with its own grid; the first is the whole picture. */
interface Part {
  crop: CropBox;
  picture: PictureSize;
  tasks: PictureTasks;
  grid: PointGrid;
  order: PointOrder;
  ledger: Ledger;
}

/** @throws ServiceError NOT_FOUND before anything is told when a part's embedding is missing. */
async function openParts(
  tier: EverythingTier,
  { imageId, model }: SegmentEverythingRequest,
  { crops, pointsPerSide, boxNmsThreshold, isAdaptive }: EverythingOptions,
  asker: Asker,
): Promise<[Part, ...Part[]]> {
  const whole = await tier.openPicture(imageId, model, asker);
  const picture = { width: whole.width, height: whole.height };
  const nextId = counter();
  const open = async (crop: CropBox): Promise<Part> => {
    const tasks = crop.layer === 0 ? whole : await tier.openPicture(imageId, model, asker, regionOf(crop));
    const grid = pointGrid(layerSide(pointsPerSide, crops.pointsDownscale, crop.layer), crop);
    const order = await pointOrder(grid, isAdaptive, tasks);
    return { crop, picture, tasks, grid, order, ledger: new Ledger(boxNmsThreshold, nextId) };
  };
  const boxes = cropBoxes(picture.width, picture.height, crops.layers, crops.overlapRatio);
  return (await Promise.all(boxes.map(open))) as [Part, ...Part[]];
}

const regionOf = ({ x, y, width, height }: CropBox) => ({ x, y, width, height });

/** Runs `work` several times at once. The first that fails stops the others, and is told when they have ended. */
async function allOrNone(count: number, work: () => Promise<void>, stop: AbortController): Promise<void> {
  let failure: { error: unknown } | undefined;
  const guarded = () =>
    work().catch((error: unknown) => {
      failure ??= { error };
      stop.abort();
    });
  await Promise.all(Array.from({ length: count }, guarded));
  if (failure) throw failure.error;
}

/** Which point is asked next, and what is told of its answer. */
interface PointOrder {
  readonly left: number;
  next(): number | undefined;
  answered(index: number, newMasks: number): void;
}

async function pointOrder(grid: PointGrid, isAdaptive: boolean, picture: PictureTasks): Promise<PointOrder> {
  // Either finds a damaged embedding before anything is told.
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

function annotation({ id, mask, point }: Finding, crop: CropBox, picture: PictureSize) {
  return {
    id,
    mask: maskMessage(mask, picture),
    point: { x: crop.x + point.x, y: crop.y + point.y, label: 1 },
    cropBox: regionOf(crop),
  };
}
