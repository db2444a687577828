import { create } from "@bufbuild/protobuf";
import {
  CropSchema,
  DetailSchema,
  type EncodeReady,
  type SegmentRequest,
  type SegmentResult,
  type SegmentTimings,
} from "../../../proto/index.js";
import type { Answer, AskCall } from "../answer.js";
import type { Region } from "../region.js";
import type { DetailEvents, DetailOutcome } from "./detail-metrics.js";
import { finerMask } from "./finer-mask.js";
import { outcomeOf } from "./outcome-of.js";
import type { DetailPlan } from "./plan-detail.js";

/** A part of a stored picture. */
export interface PictureOfPart {
  imageId: string;
  model: string;
  crop: Region;
}

/** What making masks finer asks of the other tiers. */
export interface DetailPorts {
  /** Has a part encoded while no person waits for another picture, or finds it encoded. */
  readonly encodePart: Answer<PictureOfPart, EncodeReady>;
  readonly segment: Answer<SegmentRequest, SegmentResult>;
}

/**
 * An answer whose masks are finer (Z1). A favour: what fails on the way leaves the first answer as it was.
 * @param first with the logits of its masks.
 * @returns undefined where no mask has become finer. @throws only the signal's reason.
 */
export async function makeFiner(
  { encodePart, segment }: DetailPorts,
  request: SegmentRequest,
  first: SegmentResult,
  { part, masks }: DetailPlan,
  call: AskCall,
  events: DetailEvents,
): Promise<SegmentResult | undefined> {
  const startedAt = performance.now();
  const end = (outcome: DetailOutcome) => events.ended(outcome, performance.now() - startedAt);
  try {
    const { imageId, model } = request;
    // Whoever waits hears of the open picture, and not of its parts.
    const { onProgress: _, onRecovered: __, onTurn: ___, ...quiet } = call;
    await encodePart({ imageId, model, crop: part }, quiet);
    const finer = new Map<number, Awaited<ReturnType<typeof finerMask>>>();
    for (const index of masks) {
      const before = first.masks[index];
      const made = before && (await finerMask(segment, request, before, part, quiet));
      call.signal.throwIfAborted();
      if (made) finer.set(index, made);
    }
    const made = [...finer.values()].flatMap((one) => (one ? [one.result] : []));
    const [some] = made;
    if (!some) {
      end("kept");
      return undefined;
    }
    end("finer");
    const timings = sum(made.flatMap((one) => one.timings ?? []));
    return {
      ...first,
      ...(timings && { timings }),
      masks: first.masks.map((mask, index) => finer.get(index)?.mask ?? mask),
      detail: create(DetailSchema, { crop: create(CropSchema, part), masks: [...finer.keys()] }),
      embeddingSource: some.embeddingSource,
    };
  } catch (error) {
    if (call.signal.aborted) {
      end("left");
      throw call.signal.reason;
    }
    end(outcomeOf(error));
    return undefined;
  }
}

function sum([first, ...others]: readonly SegmentTimings[]): SegmentTimings | undefined {
  if (!first) return undefined;
  const total = { ...first };
  for (const { queueMs, embeddingMs, decodeMs, maskMs } of others) {
    total.queueMs += queueMs;
    total.embeddingMs += embeddingMs;
    total.decodeMs += decodeMs;
    total.maskMs += maskMs;
  }
  return total;
}
