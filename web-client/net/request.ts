import { create } from "@bufbuild/protobuf";
import { type SegmentRequest, SegmentRequestSchema } from "../../proto/index.js";
import type { Prompts } from "../state/state.js";

/** A click or a preview as the contract has it: the whole list of prompts, about the open image. */
export function segmentRequest(sequence: number, { points, box, mask }: Prompts, preview: boolean): SegmentRequest {
  const request = create(SegmentRequestSchema, {
    sequence,
    preview,
    prompt: {
      points: points.map(({ x, y, label }) => ({ x, y, label })),
      ...(box === undefined ? {} : { box }),
      ...(mask === undefined ? {} : { mask: { source: { case: "rle", value: mask } } }),
    },
  });
  // A lone point is ambiguous (the button, the shirt, the person?): all candidates come, to choose from.
  if (!preview && points.length === 1 && box === undefined && mask === undefined) request.multimask = true;
  return request;
}
