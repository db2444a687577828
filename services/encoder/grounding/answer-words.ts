import type { MessageInitShape } from "@bufbuild/protobuf";
import { type GroundedBoxSchema, maxGroundedBoxes } from "../../../proto/index.js";
import type { Detection } from "./detection.js";
import { mergeDetections } from "./merge.js";
import type { Meaning } from "./words/vocabulary.js";

/**
 * The boxes of what words mean, in pixels, the best first.
 * @param found of each detector, in shares of the picture. @param leastScore of a box that counts: where detectors agree, of both
 *   together.
 */
export function answerWords(
  meanings: readonly Meaning[],
  found: readonly (readonly Detection[])[],
  leastScore: number,
  { width, height }: { width: number; height: number },
): MessageInitShape<typeof GroundedBoxSchema>[] {
  const byLabel = new Map(meanings.map((meaning) => [meaning.label, meaning]));
  const asked = found.map((list) => list.filter(({ label }) => byLabel.has(label)));
  return mergeDetections(asked)
    .filter(({ score }) => score >= leastScore)
    .slice(0, maxGroundedBoxes)
    .map(({ label, score, x0, y0, x1, y1 }) => ({
      box: { x0: x0 * width, y0: y0 * height, x1: x1 * width, y1: y1 * height },
      score,
      label,
      via: byLabel.get(label)?.via ?? "",
    }));
}
