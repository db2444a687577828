import {
  cropBoxes,
  cropDefaults,
  type ImageInfo,
  type SegmentEverythingEvent,
  type SegmentEverythingRequest,
} from "../../proto/index.js";
import { Code, ServiceError } from "../../services/runtime/errors.js";
import type { Decoders } from "../peers/decoders.js";
import type { Answer } from "./answer.js";
import type { Region } from "./region.js";

export type EverythingEvents = AsyncGenerator<SegmentEverythingEvent>;

/**
 * A decoder's events, once the first is there; `done` is the last, or reading them throws. Leaving the loop over them cancels
 * the work. Throws what it is refused with before it began.
 */
export function beginEverything(
  decoders: Pick<Decoders, "everything">,
): Answer<SegmentEverythingRequest, EverythingEvents> {
  return async function everything(request, call) {
    const events = decoders.everything(request, call);
    return untilDone(events, await events.next());
  };
}

/** What crop layers prompt on (E6). The decoder has refused what is out of range before it says that an embedding is missing. */
export function cropsOf(
  { cropNLayers = 0, cropOverlapRatio = cropDefaults.overlapRatio }: SegmentEverythingRequest,
  { width, height }: ImageInfo,
): Region[] {
  return cropBoxes(width, height, cropNLayers, cropOverlapRatio).flatMap(({ layer, ...crop }) =>
    layer > 0 ? [crop] : [],
  );
}

async function* untilDone(events: EverythingEvents, first: IteratorResult<SegmentEverythingEvent>): EverythingEvents {
  try {
    for (let next = first; !next.done; next = await events.next()) {
      yield next.value;
      // Whatever becomes of the call now, it has ended (E3).
      if (next.value.event.case === "done") return;
    }
  } finally {
    await events.return(undefined);
  }
  const message = "The decoder ended before everything was found; ask again.";
  throw new ServiceError({ code: Code.UNAVAILABLE, message, retryAfterMs: 1000 });
}
