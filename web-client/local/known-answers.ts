import { create, fromJson, toJsonString } from "@bufbuild/protobuf";
import {
  MaskFormat,
  MaskPromptSchema,
  type SegmentRequest,
  SegmentRequestSchema,
  type SegmentResult,
  SegmentResultSchema,
} from "../../proto/index.js";
import { differenceOf } from "./compare-answers.js";
import { fetchOk } from "./fetch-checked.js";
import type { Size } from "./routing.js";

/*
 * What is decoded here has to be what the server decodes. The known answers are the server's own, to fixed prompts on the
 * first picture that this page opens: that holds embedding, geometry, graphs and masks against the very decoders that would
 * answer otherwise, whatever release they are of, and costs them a few decodes a visit.
 */

/** Prompts on a picture: a lone point, whose candidates all count, and a box with points on both sides of an edge. */
export function knownPrompts(imageId: string, model: string, { width, height }: Size): SegmentRequest[] {
  const formats = [MaskFormat.LOW_RES_LOGITS];
  const request = { imageId, model, formats, multimask: true };
  const at = (x: number, y: number, label: 0 | 1) => ({ x: x * width, y: y * height, label });
  const box = { x0: 0.12 * width, y0: 0.2 * height, x1: 0.71 * width, y1: 0.83 * height };
  return [
    create(SegmentRequestSchema, { ...request, prompt: { points: [at(0.41, 0.53, 1)] } }),
    create(SegmentRequestSchema, { ...request, prompt: { points: [at(0.36, 0.47, 1), at(0.82, 0.11, 0)], box } }),
  ];
}

/** The last of them again, from a mask of its answer. */
export function withMask(request: SegmentRequest, answer: SegmentResult): SegmentRequest {
  const value = answer.masks[0]?.lowResLogits;
  if (value === undefined || request.prompt === undefined) throw new Error("The answer has no logits.");
  const mask = create(MaskPromptSchema, { source: { case: "lowResLogits", value } });
  return { ...request, prompt: { ...request.prompt, mask } };
}

/** The server's answer (H6). @param service the address of the page's folder. */
export async function askServer(service: string, request: SegmentRequest): Promise<SegmentResult> {
  const body = toJsonString(SegmentRequestSchema, request);
  const headers = { "content-type": "application/json" };
  const response = await fetchOk(new URL("v1/segment", service), { method: "POST", body, headers });
  return fromJson(SegmentResultSchema, await response.json(), { ignoreUnknownFields: true });
}

/** @throws Error when the answer here differs from the server's. */
export function checkSame(ours: SegmentResult, theirs: SegmentResult): void {
  const difference = differenceOf(ours, theirs);
  if (difference !== undefined) throw new Error(`What is decoded here differs from the server's: ${difference}.`);
}
