import { create } from "@bufbuild/protobuf";
import {
  DetailMode,
  MaskPromptSchema,
  type PreviousMask,
  PreviousMaskSchema,
  type PreviousStep,
  PreviousStepSchema,
  type Prompt,
  PromptSchema,
  type SegmentRequest,
  SegmentRequestSchema,
} from "../../../proto/index.js";
import type { Region } from "../spot.js";
import type { Prompts, Start } from "./prompts.js";

/** Contract: the most steps that a gateway makes again. After more refinements all the points by themselves say enough. */
const mostSteps = 32;

/**
 * A click or a preview as the contract has it: the whole list of prompts, about the open picture.
 * @param view what is seen of the picture, of a click whose masks are to be made finer where that is worth it.
 */
export function segmentRequest(sequence: number, prompts: Prompts, preview: boolean, view?: Region): SegmentRequest {
  const previous = prompts.mask === undefined && prompts.from !== undefined ? previousOf(prompts.from) : undefined;
  const detail = view === undefined ? {} : { detail: DetailMode.AUTO, view };
  const request = create(SegmentRequestSchema, { sequence, preview, prompt: promptOf(prompts), ...detail });
  if (previous !== undefined && request.prompt !== undefined) {
    request.prompt.mask = create(MaskPromptSchema, { source: { case: "previous", value: previous } });
  }
  if (!preview && isAmbiguous(prompts)) request.multimask = true;
  return request;
}

/** What was asked by itself, without the mask that it refines. */
function promptOf({ points, marks = [], box, mask }: Prompts): Prompt {
  return create(PromptSchema, {
    points: [...points, ...marks].map(({ x, y, label }) => ({ x, y, label })),
    ...(box === undefined ? {} : { box }),
    ...(mask === undefined ? {} : { mask: { source: { case: "rle", value: mask } } }),
  });
}

/** A lone point is ambiguous (the button, the shirt, the person?): all candidates come, to choose from. */
function isAmbiguous({ points, marks = [], box, mask }: Prompts): boolean {
  return points.length + marks.length === 1 && box === undefined && mask === undefined;
}

/** The mask with the way to it, for a gateway that does not have it. Undefined when that is too long. */
function previousOf(from: Start): PreviousMask | undefined {
  const { sequence, mask } = from;
  const steps: PreviousStep[] = [];
  for (let start: Start | undefined = from; start !== undefined; start = start.prompts.from) {
    if (steps.length === mostSteps) return undefined;
    const { prompts, crop } = start;
    const multimask = isAmbiguous(prompts) ? { multimask: true } : {};
    const step = { prompt: promptOf(prompts), mask: start.mask, ...multimask, ...(crop && { crop }) };
    steps.unshift(create(PreviousStepSchema, step));
  }
  return create(PreviousMaskSchema, { sequence, mask, steps });
}

/** Every click that led to a mask of an answer, the first one first. @param mask which of the answer's. */
export function stepsTo(prompts: Prompts, mask: number): PreviousStep[] {
  const steps = prompts.from === undefined ? [] : stepsTo(prompts.from.prompts, prompts.from.mask);
  const multimask = isAmbiguous(prompts) ? { multimask: true } : {};
  return [...steps, create(PreviousStepSchema, { prompt: promptOf(prompts), mask, ...multimask })];
}
