import { create } from "@bufbuild/protobuf";
import { expect, it } from "vitest";
import { type Prompt, type SegmentRequest, SegmentRequestSchema } from "../../../proto/index.js";
import { callContext } from "../../runtime/testing/call-context.js";
import { withWords } from "./decode-words.js";

it.each([
  ["a box of a model that takes boxes", true, { box: { x0: 10, y0: 20, x1: 30, y1: 60 }, points: [] }],
  ["what is in its middle of one that does not", false, { points: [{ x: 20, y: 40, label: 1 }] }],
])("words ask for %s", async (_what, boxes, expected) => {
  const asked: (Prompt | undefined)[] = [];
  const decode = async ({ prompt }: SegmentRequest) => {
    asked.push(prompt);
    return { masks: [] };
  };
  const words = withWords(decode, { serving: (id) => ({ id, capabilities: { boxes } }), workers: 1 });
  const box = { x0: 10, y0: 20, x1: 30, y1: 60 };
  const request = create(SegmentRequestSchema, {
    prompt: { text: "dog" },
    grounding: { detector: "d", boxes: [{ label: "dog", box }] },
  });
  await words(request, callContext());
  expect(asked).toMatchObject([expected]);
  expect(asked[0]?.box === undefined).toBe(!boxes);
});
