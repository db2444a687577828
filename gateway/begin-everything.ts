import {
  cropBoxes,
  cropDefaults,
  type ImageInfo,
  type SegmentEverythingEvent,
  type SegmentEverythingRequest,
} from "../proto/index.js";
import { Code, ServiceError } from "../services/runtime/errors.js";
import type { Origin } from "../services/runtime/tracing/origin.js";
import type { Decoders } from "./peers/decoders.js";
import { type Providers, type RecoveryNews, type Region, segmentImage } from "./segment-image.js";

interface EverythingOptions {
  onNews: (news: RecoveryNews) => void;
  signal: AbortSignal;
  /** Longest wait for the first event (E8): from then on it is the decoder's time. */
  deadlineMs: number;
  origin?: Origin | undefined;
}

/**
 * Everything mode with the recovery of a prompt (R2, R3, R7); what it needs beside the picture's own embedding is made by
 * that too (E6).
 * @returns the events, once the first is there; `done` is the last, or it throws. Leaving the loop over them cancels the work.
 * @throws ServiceError when it is refused before it began.
 */
export async function beginEverything(
  providers: Providers & { decoders: Pick<Decoders, "everything"> },
  request: SegmentEverythingRequest,
  { onNews, signal, deadlineMs, origin }: EverythingOptions,
): Promise<AsyncGenerator<SegmentEverythingEvent>> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), deadlineMs);
  const decode = async (wanted: SegmentEverythingRequest, until: AbortSignal) => {
    const events = providers.decoders.everything(wanted, until, origin);
    return untilDone(events, await events.next());
  };
  try {
    return await segmentImage(providers, request, {
      decode,
      onNews,
      signal: AbortSignal.any([signal, late.signal]),
      origin,
      partsOf: (image) => partsOf(image, request),
    });
  } catch (error) {
    throw late.signal.aborted && !signal.aborted ? tooLate(deadlineMs) : error;
  } finally {
    clearTimeout(timer);
  }
}

const tooLate = (deadlineMs: number) =>
  new ServiceError({
    code: Code.DEADLINE_EXCEEDED,
    message: `Everything mode did not begin within ${Math.round(deadlineMs / 1000)} s; take fewer crop layers, or try again later.`,
  });

/** What crop layers prompt on. The decoder has refused what is out of range before it says that an embedding is missing. */
function partsOf(
  { width, height }: ImageInfo,
  { cropNLayers = 0, cropOverlapRatio = cropDefaults.overlapRatio }: SegmentEverythingRequest,
): Region[] {
  return cropBoxes(width, height, cropNLayers, cropOverlapRatio).flatMap(({ layer, ...crop }) =>
    layer > 0 ? [crop] : [],
  );
}

type Events = AsyncGenerator<SegmentEverythingEvent>;

async function* untilDone(events: Events, first: IteratorResult<SegmentEverythingEvent>): Events {
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
