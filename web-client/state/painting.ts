import { create } from "@bufbuild/protobuf";
import { combineMasks, decodeRle, encodeRle, type MaskRuns, type Rle, RleSchema, rleArea } from "../../proto/index.js";
import { hasPrompts, type PromptPoint, type Prompts } from "../sdk/session/prompts.js";
import { startOf } from "./edit.js";
import type { EventOf } from "./event.js";
import { boundsOf, marksOf } from "./marks.js";
import { currentMask } from "./objects.js";
import type { Step } from "./work.js";

/*
 * What a stroke asks. The model knows clicks and masks of its own, and takes a rough mask too literally. On strokes
 * simulated over twenty of COCO's masks (`bench -- painting` measures it again; mean IoU with the truth):
 *
 *                                        over part of it    round it
 *   the mask, with its bounds                 0.36            0.80
 *   its bounds alone                          0.36            0.78
 *   its bounds and 3 deepest points           0.40            0.82
 *   the mask and its deepest point            0.59            0.67
 *   the mask and its 3 deepest points         0.49            0.75
 *   the 3 deepest points alone                0.69            0.65
 *   the 6 deepest points alone                0.70            0.65
 *
 * So a brush's stroke becomes marks, and a lasso a box with marks; neither becomes a mask. And of strokes that correct
 * an answer (0.61 before them): all marks with that answer's logits 0.81, with the corrected mask 0.71, alone 0.67; the
 * corrected mask with its bounds 0.69. So a correction refines the answer, as a click does.
 */
const marksOfStroke = { brush: 6, lasso: 3 } as const;
/** The contract takes 128 points; those of the latest strokes say most. */
const mostMarks = 60;

type Painted = EventOf<"painted">;

/** The prompts after a stroke; undefined where it has nothing to take from. @param model the one in use, as a step names it. */
export function paint(step: Step, { tool, rle, operation }: Painted, model: string | undefined): Prompts | undefined {
  const { prompts } = step;
  if (operation !== "union" && !hasPrompts(prompts)) return undefined;
  const stroke = decodeRle(rle);
  const label = operation === "union" ? 1 : 0;
  const marks: PromptPoint[] = [...(prompts.marks ?? []), ...marksOf(stroke, label, marksOfStroke[tool])];
  const from = startOf(step, model);
  if (from !== undefined || (tool === "brush" && prompts.mask === undefined)) {
    return { ...prompts, marks: marks.slice(-mostMarks), from };
  }
  const base = currentMask(step)?.rle ?? prompts.mask;
  if (base === undefined && operation === "union") return { ...prompts, box: boundsOf(stroke), marks, from };
  // A mask that did not come from prompts, such as that of merged objects, is laid to, or cut out of.
  const mask = base && combined(base, stroke, operation);
  return { ...prompts, mask, marks: mask && marks.slice(-mostMarks), from };
}

/** Undefined when nothing is left. */
function combined(base: Rle, stroke: MaskRuns, operation: Painted["operation"]): Rle | undefined {
  const runs = combineMasks(decodeRle(base), stroke, operation);
  return rleArea(runs) === 0 ? undefined : create(RleSchema, encodeRle(runs));
}
