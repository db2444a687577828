import { create } from "@bufbuild/protobuf";
import { combineMasks, decodeRle, encodeRle, type MaskRuns, type Rle, RleSchema, rleArea } from "../../proto/index.js";
import { startOf } from "./edit.js";
import type { EventOf } from "./event.js";
import { marksOf } from "./marks.js";
import { maskInHand } from "./objects.js";
import { hasPrompts, type PromptPoint, type Prompts, type Step } from "./state.js";

/*
 * What a stroke asks. The model knows clicks and masks of its own, and takes a rough mask too literally. On strokes
 * simulated over COCO's masks (ten photographs; mean IoU with the truth):
 *
 *                                  over part of it, three kinds   round it, two kinds
 *   the mask, with its bounds                0.44                        0.72
 *   the mask and its deepest point           0.60                        0.73
 *   the mask and its 3 deepest points        0.47                        0.74
 *   the 3 deepest points alone               0.72                        0.70
 *   the 6 deepest points alone               0.73                        0.70
 *
 * So a brush's stroke becomes marks and no mask; a lasso's becomes a mask with marks. And of strokes that correct an
 * answer (0.69 before them): all marks with that answer's logits 0.83, with the corrected mask 0.80, alone 0.79; the
 * corrected mask with its bounds 0.70. So a correction refines the answer, as a click does.
 */
const marksOfStroke = { brush: 6, lasso: 3 } as const;
/** The contract takes 128 points; those of the latest strokes say most. */
const mostMarks = 60;

type Painted = EventOf<"painted">;

/** The prompts after a stroke; undefined where it has nothing to take from. */
export function paint(step: Step, { tool, rle, operation }: Painted): Prompts | undefined {
  const { prompts } = step;
  if (operation !== "union" && !hasPrompts(prompts)) return undefined;
  const stroke = decodeRle(rle);
  const label = operation === "union" ? 1 : 0;
  const marks: PromptPoint[] = [...(prompts.marks ?? []), ...marksOf(stroke, label, marksOfStroke[tool])];
  const from = startOf(step);
  if (from !== undefined || (tool === "brush" && prompts.mask === undefined)) {
    return { ...prompts, marks: marks.slice(-mostMarks), from };
  }
  const mask = combined(maskInHand(step)?.rle ?? prompts.mask, stroke, operation);
  return { ...prompts, mask, marks: mask && marks.slice(-mostMarks), from };
}

/** Undefined when nothing is left. */
function combined(base: Rle | undefined, stroke: MaskRuns, operation: Painted["operation"]): Rle | undefined {
  if (base === undefined) return operation === "union" ? create(RleSchema, encodeRle(stroke)) : undefined;
  const runs = combineMasks(decodeRle(base), stroke, operation);
  return rleArea(runs) === 0 ? undefined : create(RleSchema, encodeRle(runs));
}
