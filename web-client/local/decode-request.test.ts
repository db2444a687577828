import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { decodeHalf, encodeHalf } from "../../proto/half-float.js";
import {
  decodeRle,
  MaskFormat,
  ModelCapabilitiesSchema,
  ModelPoints,
  rleArea,
  SegmentRequestSchema,
} from "../../proto/index.js";
import { splitDecoder } from "../../services/sam/decode/decoder-spec.js";
import { MaskDecoder } from "../../services/sam/decode/mask-decoder.js";
import { KeptAnswers } from "../../services/sam/decode/previous-mask.js";
import { frameFor } from "../../services/sam/frame.js";
import { LatestPreview } from "../../services/sam/masks/latest-preview.js";
import { type Abilities, abilitiesOf } from "../../services/sam/prompts/check-abilities.js";
import { DiscRunner } from "../../services/sam/testing/disc-runner.js";
import { Declined } from "./declined.js";
import { decodeRequest } from "./decode-request.js";

const frame = frameFor(64, 48);
const spec = splitDecoder(frame.gridSize, frame.modelSize);
const cells = frame.gridSize ** 2;

/** A picture of discs round the first point. */
function openDiscs(abilities?: Abilities) {
  const runner = new DiscRunner(spec);
  const decoder = new MaskDecoder(spec, runner);
  const answers = new KeptAnswers(6);
  const picture = { frame, kept: "kept", answers, abilities, latest: new LatestPreview() };
  const ask = (init: MessageInitShape<typeof SegmentRequestSchema>) => decodeRequest(request(init), decoder, picture);
  /** A candidate of the first run's again, as half floats carry it. */
  const candidate = async (index: number) => {
    const { inputs } = runner.runs[0]!;
    const again = await new DiscRunner(spec).run("step", "kept", inputs, [spec.outputs.logits]);
    return decodeHalf(encodeHalf(again[spec.outputs.logits]!.data.subarray(index * cells, (index + 1) * cells)));
  };
  return {
    runs: runner.runs,
    startOf: (run: number) => runner.startOf(runner.runs[run]!.inputs),
    answers,
    ask,
    candidate,
  };
}

const request = (init: MessageInitShape<typeof SegmentRequestSchema>) => create(SegmentRequestSchema, init);
const point = { x: 32, y: 24, label: 1 };

describe("a prompt decoded here", () => {
  it("is answered by the server's rules: all candidates best first, or the best of a lone point's", async () => {
    const { ask } = openDiscs();
    const all = await ask({ prompt: { points: [point] }, multimask: true });
    expect(all.masks.map(({ predictedIou }) => predictedIou)).toEqual([0.9, 0.8, 0.5].map(Math.fround));
    const [best] = (await ask({ prompt: { points: [point] } })).masks;
    expect(best).toEqual(all.masks[0]);
    expect(best!.area).toBe(rleArea(decodeRle(best!.rle!)));
    expect(best!.rle!.size).toEqual([48, 64]);
    // 40 cells of the grid are 10 of these pixels.
    expect(Math.abs(best!.area - Math.PI * 10 ** 2)).toBeLessThan(10);
  });

  it("needs no run where the latest preview has asked the same, and gives what one would give", async () => {
    const { ask, runs } = openDiscs();
    const click = { prompt: { points: [point] }, multimask: true };
    const { masks } = await ask(click);
    await ask({ prompt: { points: [point] }, preview: true });
    expect(runs).toHaveLength(2);
    expect((await ask(click)).masks).toEqual(masks);
    expect(runs).toHaveLength(2);
    await ask({ prompt: { points: [{ ...point, x: 33 }] } });
    expect(runs).toHaveLength(3);
  });

  it("carries its logits where they are asked for, a preview's too", async () => {
    const { ask, candidate } = openDiscs();
    for (const preview of [true, false]) {
      const formats = [MaskFormat.LOW_RES_LOGITS];
      const [mask] = (await ask({ prompt: { points: [point] }, preview, formats })).masks;
      const { width, height, data } = mask!.lowResLogits!;
      expect([width, height]).toEqual([256, 256]);
      expect(decodeHalf(new Uint16Array(data.buffer))).toEqual(await candidate(2));
    }
    expect((await ask({ prompt: { points: [point] } })).masks[0]!.lowResLogits).toBeUndefined();
  });

  it("goes on from the logits of an earlier answer, as half floats carry them", async () => {
    const { ask, runs, startOf, candidate } = openDiscs();
    await ask({ sequence: 4, prompt: { points: [point] }, multimask: true });
    const previous = { sequence: 4, mask: 1, steps: [] };
    const mask = { source: { case: "previous" as const, value: previous } };
    await ask({ sequence: 5, prompt: { points: [point, point], mask } });
    expect(runs).toHaveLength(2);
    expect(startOf(1)).toEqual(await candidate(3));
  });

  it("makes it again from its steps when another place gave it, mask for mask", async () => {
    const { ask, runs, startOf, candidate } = openDiscs();
    const steps = [
      { prompt: { points: [point] }, multimask: true, mask: 2 },
      { prompt: { points: [point, point] }, mask: 0 },
    ];
    const value = { sequence: 9, mask: 0, steps };
    const refined = { points: [point, point, point], mask: { source: { case: "previous" as const, value } } };
    await ask({ sequence: 10, prompt: refined });
    expect(runs.map(({ inputs }) => inputs.point_labels!.data.length)).toEqual([2, 3, 4]);
    expect([0, 1, 2].map((run) => startOf(run) !== undefined)).toEqual([false, true, true]);
    // Candidate 2 of a lone point is the one with the least score.
    expect(startOf(1)).toEqual(await candidate(1));
  });

  it("P3 leaves a preview to the server whose mask would have to be made again", async () => {
    const { ask, runs } = openDiscs();
    const value = { sequence: 9, mask: 0, steps: [{ prompt: { points: [point] } }] };
    const prompt = { points: [point], mask: { source: { case: "previous" as const, value } } };
    await expect(ask({ prompt, preview: true })).rejects.toBeInstanceOf(Declined);
    expect(runs).toHaveLength(0);
  });

  it("C13 leaves what its model does not take to the server, which refuses it", async () => {
    const said = create(ModelCapabilitiesSchema, { points: ModelPoints.POSITIVE, boxes: false, maxPoints: 2 });
    const { ask, runs } = openDiscs(abilitiesOf(said));
    const box = { x0: 1, y0: 1, x1: 9, y1: 9 };
    for (const prompt of [{ points: [{ ...point, label: 0 }] }, { box }, { points: [point, point, point] }]) {
      await expect(ask({ prompt })).rejects.toBeInstanceOf(Declined);
    }
    expect(runs).toHaveLength(0);
    await ask({ prompt: { points: [point, point] } });
    expect(runs).toHaveLength(1);
  });

  it("keeps the logits of clicks only, and of the latest", async () => {
    const { ask, answers } = openDiscs();
    for (let sequence = 1; sequence <= 8; sequence++) {
      await ask({ sequence, preview: sequence === 8, prompt: { points: [point] } });
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
      await expect(openDiscs().ask({ prompt })).rejects.toBeInstanceOf(Declined);
    },
  );
});
