import { cropBoxes, cropDefaults, type SegmentEverythingEvent, type SegmentEverythingRequest } from "../proto/index.js";
import { Code, ServiceError } from "../services/runtime/errors.js";
import type { Decoders } from "./peers/decoders.js";
import type { EncodeProgress, Encoders } from "./peers/encoders.js";
import { segmentImage } from "./segment-image.js";

/**
 * Everything mode with the recovery of a prompt (R2, R3).
 * @returns the events, once the first is there; `done` is the last, or it throws. Leaving the loop over them cancels the work.
 * @throws ServiceError when it is refused before it began.
 */
export function beginEverything(
  decoders: Pick<Decoders, "everything">,
  encoders: Pick<Encoders, "encodeStored" | "lookup">,
  request: SegmentEverythingRequest,
  onProgress: (progress: EncodeProgress) => void,
  signal: AbortSignal,
): Promise<AsyncGenerator<SegmentEverythingEvent>> {
  const begin = async (wanted: SegmentEverythingRequest, until: AbortSignal) => {
    await encodeParts(encoders, wanted, onProgress, until);
    const events = decoders.everything(wanted, until);
    return untilDone(events, await events.next());
  };
  return segmentImage(begin, encoders, request, onProgress, signal);
}

/** Crop layers prompt on embeddings of parts of the picture: made here, one after the other, unless they are cached. */
async function encodeParts(
  encoders: Pick<Encoders, "encodeStored" | "lookup">,
  { imageId, model, cropNLayers = 0, cropOverlapRatio = cropDefaults.overlapRatio }: SegmentEverythingRequest,
  onProgress: (progress: EncodeProgress) => void,
  signal: AbortSignal,
): Promise<void> {
  // What is out of range the decoder refuses, with the option's name.
  if (cropNLayers === 0 || cropNLayers > cropDefaults.maxLayers || !(cropOverlapRatio >= 0 && cropOverlapRatio < 1))
    return;
  const { image } = await encoders.lookup(imageId, model, signal);
  if (!image) throw new ServiceError({ code: Code.NOT_FOUND, message: "The picture is not known here; upload it." });
  for (const { layer, ...crop } of cropBoxes(image.width, image.height, cropNLayers, cropOverlapRatio)) {
    if (layer > 0) await encoders.encodeStored({ imageId, model, crop }, onProgress, signal);
  }
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
