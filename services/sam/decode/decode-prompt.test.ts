import { describe, expect, it } from "vitest";
import { frameFor } from "../frame.js";
import { LatestPreview } from "../masks/latest-preview.js";
import { maskLogits } from "../masks/mask-logits.js";
import type { CheckedPrompt } from "../prompts/check-prompt.js";
import { DiscRunner, metaDecoder } from "../testing/disc-runner.js";
import { decodePrompt, type PromptOptions } from "./decode-prompt.js";
import { splitDecoder } from "./decoder-spec.js";
import { MaskDecoder } from "./mask-decoder.js";

const frame = frameFor(64, 48, { gridSize: 64, modelSize: 256 });
const point = { x: 32, y: 24, label: 1 as const };
const beside = { x: 2, y: 3, label: 0 as const };
const box = { x0: 8, y0: 8, x1: 24, y1: 40 };
const logits = new Float32Array(frame.gridSize ** 2).fill(3);
const picture = { width: 64, height: 48, runs: Uint32Array.of(1000, 500, 64 * 48 - 1500) };

/** A picture of its own, and what is run on it. */
function open(spec = splitDecoder(frame.gridSize, 256)) {
  const runner = new DiscRunner(spec);
  const decoder = new MaskDecoder(spec, runner);
  const openPicture = { frame, kept: "kept", latest: new LatestPreview() };
  const ask = (prompt: CheckedPrompt, options: Partial<PromptOptions> = {}) =>
    decodePrompt(decoder, openPicture, prompt, { multimask: undefined, preview: false, ...options });
  return { runner, ask };
}

describe.each([
  ["in two halves", splitDecoder(frame.gridSize, 256)],
  ["of Meta's export", metaDecoder(frame.gridSize, 256)],
])("a decoder %s is asked", (_name, spec) => {
  // Model pixels are four to a pixel of this picture.
  it.each<[string, CheckedPrompt, number[], number[], Float32Array | undefined]>([
    ["a point and a pad", { points: [point] }, [128, 96, 0, 0], [1, -1], undefined],
    ["points on and beside", { points: [point, beside] }, [128, 96, 8, 12, 0, 0], [1, 0, -1], undefined],
    ["a box's corners, without a pad", { points: [], box }, [32, 32, 96, 160], [2, 3], undefined],
    ["points, then the box", { points: [beside], box }, [8, 12, 32, 32, 96, 160], [0, 2, 3], undefined],
    ["logits to start from", { points: [point], mask: { logits } }, [128, 96, 0, 0], [1, -1], logits],
    ["logits alone", { points: [], mask: { logits } }, [0, 0], [-1], logits],
    [
      "a mask of the picture's",
      { points: [], box, mask: { picture } },
      [32, 32, 96, 160],
      [2, 3],
      maskLogits(picture, frame),
    ],
  ])("%s", async (_prompt, prompt, coords, labels, start) => {
    const { runner, ask } = open(spec);
    await ask(prompt);
    const { inputs } = runner.runs[0]!;
    expect([...inputs.point_coords!.data]).toEqual(coords);
    expect([...inputs.point_labels!.data]).toEqual(labels);
    expect(runner.startOf(inputs)).toEqual(start);
  });
});

describe("the masks that answer", () => {
  it.each<[string, CheckedPrompt, boolean | undefined, number[]]>([
    ["of a lone point the best candidate", { points: [point] }, undefined, [0.9]],
    ["of several points the one mask", { points: [point, beside] }, undefined, [0.7]],
    ["of a box the one mask's rule too", { points: [], box }, undefined, [0.9]],
    ["all candidates, best first", { points: [point, beside] }, true, [0.9, 0.8, 0.5]],
    ["the one mask", { points: [point] }, false, [0.7]],
  ])("%s", async (_name, prompt, multimask, scores) => {
    const { masks } = await open().ask(prompt, { multimask });
    expect(masks.map(({ predictedIou }) => predictedIou)).toEqual(scores.map(Math.fround));
  });

  it("are views into what the graph gave", async () => {
    const { masks } = await open().ask({ points: [point] }, { multimask: true });
    const [best, ...others] = masks;
    for (const { logits } of others) expect(logits.buffer).toBe(best?.logits.buffer);
    // The third candidate's radius is 40 cells.
    expect(best?.logits[24 * 64 + 32]).toBe(40);
  });
});

describe("the latest preview", () => {
  it("answers a click that asks the same, without a run, for any number of masks", async () => {
    const { runner, ask } = open();
    const preview = await ask({ points: [point] }, { preview: true });
    const click = await ask({ points: [point] }, { multimask: true });
    expect([preview.isPreviewed, click.isPreviewed]).toEqual([false, true]);
    expect(click.masks[0]).toEqual(preview.masks[0]);
    expect(click.masks).toHaveLength(3);
    expect(runner.runs).toHaveLength(1);
  });

  it.each<[string, CheckedPrompt]>([
    ["another point", { points: [{ ...point, x: 33 }] }],
    ["another label", { points: [{ ...point, label: 0 }] }],
    ["a mask to start from", { points: [point], mask: { logits } }],
  ])("does not answer %s", async (_name, prompt) => {
    const { runner, ask } = open();
    await ask({ points: [point] }, { preview: true });
    expect((await ask(prompt)).isPreviewed).toBe(false);
    expect(runner.runs).toHaveLength(2);
  });

  it("is not a click", async () => {
    const { runner, ask } = open();
    await ask({ points: [point] });
    await ask({ points: [point] });
    expect(runner.runs).toHaveLength(2);
  });
});
