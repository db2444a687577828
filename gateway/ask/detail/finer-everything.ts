import { create } from "@bufbuild/protobuf";
import {
  type Annotation,
  AnnotationSchema,
  BoundingBoxSchema,
  type Mask,
  PromptSchema,
  type SegmentEverythingEvent,
  SegmentEverythingEventSchema,
  type SegmentEverythingRequest,
  SegmentRequestSchema,
} from "../../../proto/index.js";
import type { Answer, AskCall } from "../answer.js";
import type { EverythingEvents } from "../everything.js";
import { iouOf } from "./agreement.js";
import type { DetailEvents } from "./detail-metrics.js";
import { finerMask } from "./finer-mask.js";
import type { DetailPorts } from "./make-finer.js";
import { outcomeOf } from "./outcome-of.js";
import { groupByPart, type PartOfSearch } from "./parts-of-search.js";

interface SearchLimits {
  /** Parts of the picture; 0: nothing is made finer. */
  perPicture: number;
  /** For as long masks are made finer; those that are not by then stay. */
  mostMs: number;
}

/** Above it two masks are one object's. */
const sameIou = 0.9;

/**
 * Everything mode whose masks are made finer before its end (Z9): each finer one takes the place of the first, which is retracted.
 * Throws what the search throws.
 */
export function withFinerMasks(
  ports: DetailPorts,
  { perPicture, mostMs }: SearchLimits,
  events: DetailEvents,
  next: Answer<SegmentEverythingRequest, EverythingEvents>,
): Answer<SegmentEverythingRequest, EverythingEvents> {
  return async function finerMasks(request, call) {
    const found = await next(request, call);
    return perPicture === 0 ? found : finerAtItsEnd(found);

    async function* finerAtItsEnd(search: EverythingEvents): EverythingEvents {
      const kept = new Map<number, Annotation>();
      for await (const one of search) {
        const { event } = one;
        if (event.case === "found") kept.set(event.value.id, event.value);
        if (event.case === "retracted") kept.delete(event.value.id);
        if (event.case === "done") yield* finer(groupByPart(request, [...kept.values()], perPicture), kept);
        yield one;
      }
    }

    async function* finer(parts: readonly PartOfSearch[], kept: Map<number, Annotation>): EverythingEvents {
      const until = performance.now() + mostMs;
      let lastId = Math.max(0, ...kept.keys());
      for (const { part, annotations } of parts) {
        if (performance.now() > until) return;
        for await (const { before, mask } of finerIn({ part, annotations }, kept)) {
          const after = create(AnnotationSchema, {
            ...before,
            id: ++lastId,
            mask,
            cropBox: create(BoundingBoxSchema, part),
          });
          kept.delete(before.id);
          kept.set(after.id, after);
          yield told({ case: "retracted", value: { $typeName: "maskwire.v1.AnnotationRetracted", id: before.id } });
          yield told({ case: "found", value: after });
        }
      }
    }

    /** A favour: what fails leaves the masks of its part as they are. */
    async function* finerIn({ part, annotations }: PartOfSearch, kept: Map<number, Annotation>) {
      const startedAt = performance.now();
      const { imageId, model } = request;
      let made = 0;
      try {
        const { onProgress: _, onRecovered: __, ...quiet } = call;
        await ports.encodePart({ imageId, model, crop: part }, quiet);
        for (const before of annotations) {
          const mask = await again(before, part, quiet);
          call.signal.throwIfAborted();
          if (!mask || isKept(mask, before, kept)) continue;
          made++;
          yield { before, mask };
        }
        events.ended(made > 0 ? "finer" : "kept", performance.now() - startedAt);
      } catch (error) {
        call.signal.throwIfAborted();
        events.ended(outcomeOf(error), performance.now() - startedAt);
      }
    }

    async function again(before: Annotation, part: PartOfSearch["part"], quiet: AskCall): Promise<Mask | undefined> {
      const { mask, point } = before;
      if (!mask) return undefined;
      const prompt = create(PromptSchema, { points: point ? [point] : [] });
      const asked = create(SegmentRequestSchema, {
        imageId: request.imageId,
        model: request.model,
        prompt,
        preview: true,
      });
      const finer = (await finerMask(ports.segment, asked, mask, part, quiet))?.mask;
      if (!finer) return undefined;
      const { lowResLogits: _, ...rest } = finer;
      return rest;
    }
  };
}

const told = (event: SegmentEverythingEvent["event"]): SegmentEverythingEvent =>
  create(SegmentEverythingEventSchema, { event });

/** Another is the same to the eye: two finer ones of one object would be shown. */
function isKept(mask: Mask, before: Annotation, kept: Map<number, Annotation>): boolean {
  for (const { id, mask: other } of kept.values()) {
    if (id !== before.id && other && overlaps(mask, other) && iouOf(mask, other) > sameIou) return true;
  }
  return false;
}

function overlaps({ bbox: a }: Mask, { bbox: b }: Mask): boolean {
  if (!a || !b) return false;
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}
