import type { Admission } from "../../inference/admission.js";
import { checkImageId } from "../../runtime/image-id.js";
import { answerWords } from "../grounding/answer-words.js";
import type { Detectors } from "../grounding/detectors.js";
import { detectorFamilies } from "../grounding/families/index.js";
import type { Grounder } from "../grounding/grounder.js";
import { understand } from "../grounding/words/understand.js";
import type { Handlers } from "./handlers.js";

interface Objects {
  admission: Admission;
  detectors: Pick<Detectors, "asked">;
  grounder: Pick<Grounder, "find">;
}

/** Words on a stored picture -> boxes. */
export function ground({ admission, detectors, grounder }: Objects): Handlers["ground"] {
  return async ({ imageId, detector, text }, call) => {
    const picture = { tenant: call.origin.tenant, imageId: checkImageId(imageId) };
    const asked = await detectors.asked(detector);
    // All of a closed vocabulary have the same.
    const meanings = understand(text, asked[0].vocabulary);
    admission.check("clicks");
    call.take("clicksPerMinute", 1);
    const { findings, cached } = await grounder.find(picture, asked, call);
    const [first] = findings;
    const found = findings.map((one) => one.found);
    const leastScore = Math.max(...asked.map(({ spec }) => detectorFamilies[spec.family]?.leastAnswer ?? 0));
    return {
      detector: asked.map(({ spec }) => spec.id).join("+"),
      boxes: first ? answerWords(meanings, found, leastScore, first) : [],
      cached,
    };
  };
}
