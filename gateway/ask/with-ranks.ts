import { create } from "@bufbuild/protobuf";
import {
  type Annotation,
  maxCandidates,
  RankedAnnotationSchema,
  type SegmentEverythingRequest,
} from "../../proto/index.js";
import type { Encoders } from "../peers/encoders.js";
import type { Answer, AskCall } from "./answer.js";
import { countedLook } from "./counted-encode.js";
import type { EverythingEvents } from "./everything.js";

/**
 * Everything mode whose end says how well words go with what was found (G9): the boxes of the masks, the largest first, are asked
 * about at an encoder. Throws what the search throws, and what `EncoderService.Ground` refuses.
 */
export function withRanks(
  encoders: Pick<Encoders, "ground">,
  next: Answer<SegmentEverythingRequest, EverythingEvents>,
): Answer<SegmentEverythingRequest, EverythingEvents> {
  return async function ranks(request, call) {
    const found = await next(request, call);
    return request.rankBy === "" ? found : rankedAtItsEnd(found);

    async function* rankedAtItsEnd(search: EverythingEvents): EverythingEvents {
      const kept = new Map<number, Annotation>();
      for await (const one of search) {
        const { event } = one;
        if (event.case === "found") kept.set(event.value.id, event.value);
        if (event.case === "retracted") kept.delete(event.value.id);
        if (event.case === "done") event.value.ranked = await ranksOf([...kept.values()], request, call);
        yield one;
      }
    }
  };

  async function ranksOf(all: readonly Annotation[], { imageId, rankBy }: SegmentEverythingRequest, call: AskCall) {
    const asked = all.toSorted((a, b) => (b.mask?.area ?? 0) - (a.mask?.area ?? 0)).slice(0, maxCandidates);
    if (asked.length === 0) return [];
    const candidates = asked.map(({ mask }) => {
      const { x = 0, y = 0, width = 0, height = 0 } = mask?.bbox ?? {};
      return { x0: x, y0: y, x1: x + width, y1: y + height };
    });
    const { boxes } = await countedLook(call, () => encoders.ground({ imageId, text: rankBy, candidates }, call));
    return asked
      .map(({ id }, at) => create(RankedAnnotationSchema, { id, score: boxes[at]?.score ?? 0 }))
      .sort((a, b) => b.score - a.score);
  }
}
