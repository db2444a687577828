import type { Admission } from "../../inference/admission.js";
import { checkImageId } from "../../runtime/image-id.js";
import { answerWords, type FoundByKind } from "../grounding/answer-words.js";
import type { Detectors } from "../grounding/detectors.js";
import { detectorFamilies } from "../grounding/families/index.js";
import type { Grounder } from "../grounding/grounder.js";
import { looksOf, planWords, type Question } from "../grounding/plan-words.js";
import { rankBoxes } from "../grounding/rank-boxes.js";
import type { Handlers } from "./handlers.js";

interface Objects {
  admission: Admission;
  detectors: Pick<Detectors, "asked">;
  grounder: Pick<Grounder, "find">;
}

/** Words on a stored picture -> boxes. */
export function ground({ admission, detectors, grounder }: Objects): Handlers["ground"] {
  return async ({ imageId, detector, text, candidates }, call) => {
    const picture = { tenant: call.origin.tenant, imageId: checkImageId(imageId) };
    const ready = await detectors.asked(detector);
    if (candidates.length > 0) return rankBoxes({ picture, text, candidates, ready }, { admission, grounder }, call);
    const questions = planWords(text, ready);
    admission.check("clicks");
    call.take("clicksPerMinute", 1);
    const { kinds, words } = looksOf(questions);
    const asked = [...kinds].flatMap((kind) => ready.of(kind));
    const { findings, cached } = await grounder.find({ picture, detectors: asked, words }, call);
    const [size = { width: 1, height: 1 }] = findings;
    const foundBy = (kind: Question["kind"]): FoundByKind => ({
      found: findings.filter((_, at) => asked[at]?.spec.vocabulary === kind).map(({ found }) => found),
      // Where detectors agree, of both together.
      leastScore: Math.max(0, ...ready.of(kind).map(({ spec }) => detectorFamilies[spec.family]?.leastAnswer ?? 0)),
    });
    const found = { closed: foundBy("closed"), written: foundBy("written"), open: foundBy("open") };
    return {
      detector: asked.map(({ spec }) => spec.id).join("+"),
      boxes: answerWords(questions, found, size),
      cached,
    };
  };
}
