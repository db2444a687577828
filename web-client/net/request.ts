import { create } from "@bufbuild/protobuf";
import {
  MaskPromptSchema,
  type PreviousMask,
  PreviousMaskSchema,
  type PreviousStep,
  PreviousStepSchema,
  type Prompt,
  PromptSchema,
  type SegmentRequest,
  SegmentRequestSchema,
} from "../../proto/index.js";
import type { Prompts, Start } from "../state/prompts.js";

/** Contract: the most steps that a gateway makes again. After more refinements all the points by themselves say enough. */
const mostSteps = 32;

/** A click or a preview as the contract has it: the whole list of prompts, about the open picture. */
export function segmentRequest(sequence: number, prompts: Prompts, preview: boolean): SegmentRequest {
  const previous = prompts.mask === undefined && prompts.from !== undefined ? previousOf(prompts.from) : undefined;
  const request = create(SegmentRequestSchema, { sequence, preview, prompt: promptOf(prompts) });
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
function previousOf({ sequence, mask, prompts }: Start): PreviousMask | undefined {
  const steps: PreviousStep[] = [];
  let next = 0;
  for (let asked: Prompts | undefined = prompts; asked !== undefined; asked = asked.from?.prompts) {
    if (steps.length === mostSteps) return undefined;
    const multimask = isAmbiguous(asked) ? { multimask: true } : {};
    steps.unshift(create(PreviousStepSchema, { prompt: promptOf(asked), mask: next, ...multimask }));
    next = asked.from?.mask ?? 0;
  }
  return create(PreviousMaskSchema, { sequence, mask, steps });
}
