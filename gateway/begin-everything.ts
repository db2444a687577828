import type { SegmentEverythingEvent, SegmentEverythingRequest } from "../proto/index.js";
import type { Decoders } from "./peers/decoders.js";
import type { EncodeProgress, Encoders } from "./peers/encoders.js";
import { segmentImage } from "./segment-image.js";

/**
 * Everything mode with the recovery of a prompt (R2, R3).
 * @returns the events, once the first is there; leaving the loop over them cancels the work.
 * @throws ServiceError when it is refused before it began.
 */
export function beginEverything(
  decoders: Pick<Decoders, "everything">,
  encoders: Pick<Encoders, "encodeStored">,
  request: SegmentEverythingRequest,
  onProgress: (progress: EncodeProgress) => void,
  signal: AbortSignal,
): Promise<AsyncGenerator<SegmentEverythingEvent>> {
  const begin = async (wanted: SegmentEverythingRequest, until: AbortSignal) => {
    const events = decoders.everything(wanted, until);
    return resume(events, await events.next());
  };
  return segmentImage(begin, encoders, request, onProgress, signal);
}

async function* resume<T>(events: AsyncGenerator<T>, first: IteratorResult<T>): AsyncGenerator<T> {
  try {
    for (let next = first; !next.done; next = await events.next()) yield next.value;
  } finally {
    await events.return?.(undefined);
  }
}
