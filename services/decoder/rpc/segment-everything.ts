import type { Models } from "../../inference/models/models.js";
import { requestedEmbedding } from "../../inference/requested-embedding.js";
import { Code, invalidArgument, ServiceError } from "../../runtime/errors.js";
import { holderOf } from "../../runtime/limits/shares.js";
import { type EverythingOptions, everythingOptions, mostPoints } from "../everything/everything-options.js";
import type { EverythingPlaces } from "../everything/everything-places.js";
import { findEverything } from "../everything/find-everything.js";
import type { Pictures } from "../pictures/pictures.js";
import type { Handlers } from "./handlers.js";

export interface EverythingObjects {
  models: Pick<Models, "serving">;
  pictures: Pick<Pictures, "open">;
  places: Pick<EverythingPlaces, "enter">;
  /** Tasks that can run at once. */
  workers: number;
  /** What one picture may take. */
  limits: { maxPoints: number; deadlineMs: number };
}

/** A grid of points through the same workers, behind the clicks of people. */
export function segmentEverything(objects: EverythingObjects): Handlers["segmentEverything"] {
  const { models, pictures, places, workers, limits } = objects;
  const { maxPoints, deadlineMs } = limits;
  return async (request, send, { signal, origin, take }) => {
    const options = everythingOptions(request);
    checkPoints(options, maxPoints);
    take("everythingPointsPerHour", mostPoints(options));
    const ref = requestedEmbedding(models, request, origin);
    if (ref.model.capabilities.points === "none") {
      throw invalidArgument(`The model "${ref.model.id}" takes no points, of which everything mode asks many.`);
    }
    const leave = places.enter(holderOf(origin));
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(tooLate(deadlineMs)), deadlineMs);
    try {
      const call = { signal: AbortSignal.any([signal, late.signal]), origin };
      // A reader that has stopped reading holds up what is told, and may not hold its place for that.
      await Promise.race([findEverything({ pictures, workers, ref, options, send, call }), failure(late.signal)]);
    } catch (error) {
      throw late.signal.aborted && !signal.aborted ? late.signal.reason : error;
    } finally {
      clearTimeout(timer);
      leave();
    }
  };
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
