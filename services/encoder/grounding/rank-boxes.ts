import { type Box, maxCandidates } from "../../../proto/index.js";
import type { Admission } from "../../inference/admission.js";
import { askedText } from "../../runtime/asked-text.js";
import { invalidArgument } from "../../runtime/errors.js";
import type { CallContext } from "../../runtime/grpc/serve.js";
import { whole } from "../../sam/whole.js";
import type { PictureRef } from "../../stores/image-store.js";
import type { AskedDetectors } from "./detectors.js";
import type { Grounder } from "./grounder.js";

interface Ranking {
  picture: PictureRef;
  text: string;
  candidates: readonly Box[];
  ready: AskedDetectors;
}

interface Ranks {
  admission: Admission;
  grounder: Pick<Grounder, "find">;
}

/**
 * Boxes of a picture as they came, each with how well words say what is in it.
 * @throws ServiceError INVALID_ARGUMENT; FAILED_PRECONDITION (NO_DETECTOR); as `Grounder.find`.
 */
export async function rankBoxes(
  { picture, text, candidates, ready }: Ranking,
  { admission, grounder }: Ranks,
  call: CallContext,
) {
  const words = askedText(text);
  if (candidates.length > maxCandidates) throw invalidArgument(`\`candidates\` has at most ${maxCandidates} boxes.`);
  const boxes = candidates.map((box, index) => {
    const { x0, y0, x1, y1 } = whole(box, ["x0", "y0", "x1", "y1"], `candidates[${index}]`, invalidArgument);
    if (![x0, y0, x1, y1].every(Number.isFinite)) {
      throw invalidArgument(`\`candidates[${index}]\` has a corner that is no finite number; send pixels.`);
    }
    return { x0: Math.min(x0, x1), y0: Math.min(y0, y1), x1: Math.max(x0, x1), y1: Math.max(y0, y1) };
  });
  const [ranker] = ready.of("ranking");
  if (!ranker) throw ready.none("ranking");
  admission.check("clicks");
  call.take("clicksPerMinute", 1);
  const search = { picture, detectors: [ranker], words: [words], candidates: boxes };
  const { findings, cached } = await grounder.find(search, call);
  const scores = findings[0]?.found ?? [];
  return {
    detector: ranker.spec.id,
    boxes: boxes.map((box, at) => ({ box, score: scores[at]?.score ?? 0, label: words, via: "ranked" })),
    cached,
  };
}
