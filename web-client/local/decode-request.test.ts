import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { decodeRle, rleArea, SegmentRequestSchema } from "../../proto/index.js";
import { frameFor } from "../../services/sam/frame.js";
import { decodeHalf, encodeHalf } from "../../services/sam/half-float.js";
import { LatestPreview } from "../../services/sam/masks/latest-preview.js";
import type { PromptTokens } from "../../services/sam/prompts/prompt-tokens.js";
import { Answers, Declined, decodeRequest } from "./decode-request.js";

const frame = frameFor(64, 48);
const cells = frame.gridSize ** 2;
const scores = [0.7, 0.5, 0.9, 0.8];

/** A model of four discs round the first point, each larger than the one before; all shrink by a mask to start from. */
function discs() {
  const runs: { tokens: PromptTokens; start: Float32Array | undefined }[] = [];
  const step = async (tokens: PromptTokens, start: Float32Array | undefined) => {
    runs.push({ tokens, start });
    const [x, y] = [(tokens.coords[0] ?? 0) / 4, (tokens.coords[1] ?? 0) / 4];
    const logits = new Float32Array(scores.length * cells);
    for (let at = 0; at < logits.length; at++) {
      const cell = at % cells;
      const radius = 20 + 10 * Math.floor(at / cells) - (start === undefined ? 0 : 5);
      logits[at] = radius - Math.hypot((cell % frame.gridSize) - x, Math.floor(cell / frame.gridSize) - y);
    }
    return { logits, predictedIou: Float32Array.from(scores) };
  };
  return { runs, step };
}

const request = (init: MessageInitShape<typeof SegmentRequestSchema>) => create(SegmentRequestSchema, init);
const point = { x: 32, y: 24, label: 1 };

describe("a prompt decoded here", () => {
  it("is answered by the server's rules: all candidates best first, or the best of a lone point's", async () => {
    const { step } = discs();
    const context = { frame, step, answers: new Answers(), latest: new LatestPreview() };
    const all = await decodeRequest(request({ prompt: { points: [point] }, multimask: true }), context);
    expect(all.masks.map(({ predictedIou }) => predictedIou)).toEqual([0.9, 0.8, 0.5].map(Math.fround));
    const [best] = (await decodeRequest(request({ prompt: { points: [point] } }), context)).masks;
    expect(best).toEqual(all.masks[0]);
    expect(best!.area).toBe(rleArea(decodeRle(best!.rle!)));
    expect(best!.rle!.size).toEqual([48, 64]);
    // 40 cells of the grid are 10 of these pixels.
    expect(Math.abs(best!.area - Math.PI * 10 ** 2)).toBeLessThan(10);
  });

  it("needs no run where the latest preview has asked the same, and gives what one would give", async () => {
    const { step, runs } = discs();
    const context = { frame, step, answers: new Answers(), latest: new LatestPreview() };
    const click = request({ prompt: { points: [point] }, multimask: true });
    const { masks } = await decodeRequest(click, context);
    await decodeRequest(request({ prompt: { points: [point] }, preview: true }), context);
    expect(runs).toHaveLength(2);
    expect((await decodeRequest(click, context)).masks).toEqual(masks);
    expect(runs).toHaveLength(2);
    await decodeRequest(request({ prompt: { points: [{ ...point, x: 33 }] } }), context);
    expect(runs).toHaveLength(3);
  });

  it("goes on from the logits of an earlier answer, as half floats carry them", async () => {
    const { step, runs } = discs();
    const context = { frame, step, answers: new Answers(), latest: new LatestPreview() };
    await decodeRequest(request({ sequence: 4, prompt: { points: [point] }, multimask: true }), context);
    const previous = { sequence: 4, mask: 1, steps: [] };
    const mask = { source: { case: "previous" as const, value: previous } };
    await decodeRequest(request({ sequence: 5, prompt: { points: [point, point], mask } }), context);
    expect(runs).toHaveLength(2);
    const kept = (await step(runs[0]!.tokens, undefined)).logits.subarray(3 * cells, 4 * cells);
    expect(runs[1]!.start).toEqual(decodeHalf(encodeHalf(kept)));
  });

  it("makes it again from its steps when another place gave it, mask for mask", async () => {
    const { step, runs } = discs();
    const context = { frame, step, answers: new Answers(), latest: new LatestPreview() };
    const steps = [
      { prompt: { points: [point] }, multimask: true, mask: 2 },
      { prompt: { points: [point, point] }, mask: 0 },
    ];
    const value = { sequence: 9, mask: 0, steps };
    const refined = { points: [point, point, point], mask: { source: { case: "previous" as const, value } } };
    await decodeRequest(request({ sequence: 10, prompt: refined }), context);
    expect(runs.map(({ tokens }) => tokens.count)).toEqual([2, 3, 4]);
    expect(runs.map(({ start }) => start !== undefined)).toEqual([false, true, true]);
    // Candidate 2 of a lone point is the one with the least score.
    const third = (await step(runs[0]!.tokens, undefined)).logits.subarray(cells, 2 * cells);
    expect(runs[1]!.start).toEqual(decodeHalf(encodeHalf(third)));
  });

  it("keeps the logits of clicks only, and of the latest", async () => {
    const { step } = discs();
    const answers = new Answers();
    const context = { frame, step, answers, latest: new LatestPreview() };
    for (let sequence = 1; sequence <= 8; sequence++) {
      await decodeRequest(request({ sequence, preview: sequence === 8, prompt: { points: [point] } }), context);
    }
    const kept = Array.from({ length: 9 }, (_, sequence) => answers.of(sequence, 0) !== undefined);
    expect(kept).toEqual([false, false, true, true, true, true, true, true, false]);
  });

  it.each([
    ["nothing", {}],
    ["a point outside", { points: [{ x: 65, y: 1 }] }],
    ["a mask of another size", { mask: { source: { case: "rle", value: { size: [5, 5], counts: "i" } } } }],
    [
      "a mask that is not here, without the way to it",
      { points: [point], mask: { source: { case: "previous", value: { sequence: 3, mask: 0, steps: [] } } } },
    ],
    [
      "steps that lead to no such mask",
      {
        points: [point],
        mask: {
          source: { case: "previous", value: { sequence: 3, mask: 7, steps: [{ prompt: { points: [point] } }] } },
        },
      },
    ],
  ] as [string, NonNullable<MessageInitShape<typeof SegmentRequestSchema>["prompt"]>][])(
    "leaves %s to the server, which says what is wrong",
    async (_, prompt) => {
      const { step } = discs();
      const context = { frame, step, answers: new Answers(), latest: new LatestPreview() };
      await expect(decodeRequest(request({ prompt }), context)).rejects.toBeInstanceOf(Declined);
    },
  );
});
