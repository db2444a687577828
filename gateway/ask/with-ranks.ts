import { create } from "@bufbuild/protobuf";
import {
  type Annotation,
  type EverythingDone,
  maxCandidates,
  type RankedAnnotation,
  RankedAnnotationSchema,
  type SegmentEverythingRequest,
} from "../../proto/index.js";
import { askedText } from "../../services/runtime/asked-text.js";
import { Code, describeError, ServiceError } from "../../services/runtime/errors.js";
import type { Encoders } from "../peers/encoders.js";
import type { Answer, AskCall } from "./answer.js";
import { countedLook, takenAhead } from "./counted-encode.js";
import { withDeadline } from "./deadline.js";
import type { EverythingEvents } from "./everything.js";

interface RankOptions {
  /** For as long what was found is ranked, and who can do that is asked for before. */
  mostMs: number;
  /** Hears why what was found was not ranked. */
  onUnranked: (error: unknown) => void;
}

interface Ranking {
  imageId: string;
  text: string;
  annotations: readonly Annotation[];
}

/**
 * Everything mode whose end says how well words go with what was found (G9): the boxes of the masks, the largest first, are asked
 * about at an encoder. What cannot be ranked is refused before the search; where ranking fails after it, the end says why instead.
 * Throws what the search throws; INVALID_ARGUMENT; FAILED_PRECONDITION (NO_DETECTOR); RESOURCE_EXHAUSTED when no encode is left.
 */
export function withRanks(
  encoders: Pick<Encoders, "ground" | "listDetectors">,
  { mostMs, onUnranked }: RankOptions,
  next: Answer<SegmentEverythingRequest, EverythingEvents>,
): Answer<SegmentEverythingRequest, EverythingEvents> {
  const checkRanker = withDeadline(mostMs, async (_: object, call: AskCall) => {
    const { detectors } = await encoders.listDetectors(call);
    const rankers = detectors.filter(({ vocabulary }) => vocabulary === "ranking");
    if (!rankers.some(({ ready }) => ready)) throw noRanker(rankers[0]?.advice);
  });
  const ranksOf = withDeadline(mostMs, (ranking: Ranking, call: AskCall) => rankAt(encoders, ranking, call));

  return async function ranks(request, call) {
    if (request.rankBy === "") return next(request, call);
    const text = askedText(request.rankBy, "rankBy");
    await checkRanker({}, call);
    const ahead = takenAhead(call);
    try {
      return rankedAtItsEnd(await next(request, call));
    } catch (error) {
      ahead.giveBack();
      throw error;
    }

    async function* rankedAtItsEnd(search: EverythingEvents): EverythingEvents {
      const kept = new Map<number, Annotation>();
      try {
        for await (const one of search) {
          const { event } = one;
          if (event.case === "found") kept.set(event.value.id, event.value);
          if (event.case === "retracted") kept.delete(event.value.id);
          if (event.case === "done") await rank(event.value, [...kept.values()]);
          yield one;
        }
      } finally {
        ahead.giveBack();
      }
    }

    async function rank(done: EverythingDone, annotations: readonly Annotation[]): Promise<void> {
      if (annotations.length === 0) return;
      try {
        done.ranked = await ranksOf({ imageId: request.imageId, text, annotations }, ahead.call);
      } catch (error) {
        call.signal.throwIfAborted();
        onUnranked(error);
        done.unranked = describeError(error).message;
      }
    }
  };
}

async function rankAt(
  encoders: Pick<Encoders, "ground">,
  { imageId, text, annotations }: Ranking,
  call: AskCall,
): Promise<RankedAnnotation[]> {
  const asked = annotations.toSorted((a, b) => (b.mask?.area ?? 0) - (a.mask?.area ?? 0)).slice(0, maxCandidates);
  const candidates = asked.map(({ mask }) => {
    const { x = 0, y = 0, width = 0, height = 0 } = mask?.bbox ?? {};
    return { x0: x, y0: y, x1: x + width, y1: y + height };
  });
  const { boxes } = await countedLook(call, () => encoders.ground({ imageId, text, candidates }, call));
  return asked
    .map(({ id }, at) => create(RankedAnnotationSchema, { id, score: boxes[at]?.score ?? 0 }))
    .sort((a, b) => b.score - a.score);
}

function noRanker(advice = "GET /v1/words tells what there is."): ServiceError {
  const message = `Nothing that says how well words go with what was found can be used here; ${advice}`;
  return new ServiceError({ code: Code.FAILED_PRECONDITION, message, reason: "NO_DETECTOR" });
}
