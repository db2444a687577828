import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { decodeHalf, encodeHalf } from "../../../proto/half-float.js";
import { type PreviousMask, PreviousMaskSchema, type PreviousStep } from "../../../proto/index.js";
import { KeptAnswers, PreviousError, previousLogits } from "./previous-mask.js";

/** No half float, so that what went through one shows. */
const third = 1 / 3;
const halved = decodeHalf(encodeHalf(Float32Array.of(third)))[0]!;

/** A step's masks: their number, and a third more than what they start from. */
function decoding() {
  const starts: (number | undefined)[] = [];
  const decode = async (_step: PreviousStep, start: Float32Array | undefined) => {
    starts.push(start?.[0]);
    return [0, 1, 2].map((mask) => ({ logits: Float32Array.of((start?.[0] ?? 0) + mask + third), predictedIou: 0.9 }));
  };
  return { starts, decode };
}

const previous = (init: MessageInitShape<typeof PreviousMaskSchema>): PreviousMask => create(PreviousMaskSchema, init);

function kept(): KeptAnswers {
  const answers = new KeptAnswers(2);
  answers.keep(4, [encodeHalf(Float32Array.of(1)), encodeHalf(Float32Array.of(2))]);
  return answers;
}

describe("C8 the logits of an earlier answer", () => {
  it("are those that were kept, whatever the steps", async () => {
    const { decode, starts } = decoding();
    const asked = previous({ sequence: 4, mask: 1, steps: [{ mask: 0 }] });
    expect(await previousLogits(asked, kept(), { mostSteps: 0, decode })).toEqual(Float32Array.of(2));
    expect(starts).toEqual([]);
  });

  it("are made again from their steps, each from the mask that the one before chose, as half floats", async () => {
    const { decode, starts } = decoding();
    const asked = previous({ sequence: 9, mask: 2, steps: [{ mask: 1 }, { mask: 0 }, { mask: 7 }] });
    const logits = await previousLogits(asked, kept(), { mostSteps: 3, decode });
    const first = decodeHalf(encodeHalf(Float32Array.of(1 + third)))[0]!;
    const second = decodeHalf(encodeHalf(Float32Array.of(first + third)))[0]!;
    expect(starts).toEqual([undefined, first, second]);
    expect(logits).toEqual(decodeHalf(encodeHalf(Float32Array.of(second + 2 + third))));
  });

  it("may be of the first mask", async () => {
    const { decode } = decoding();
    const logits = await previousLogits(previous({ sequence: 9, steps: [{}] }), kept(), { mostSteps: 1, decode });
    expect(logits).toEqual(Float32Array.of(halved));
  });

  it.each<[string, MessageInitShape<typeof PreviousMaskSchema>, number, RegExp]>([
    ["an answer that is not named", { mask: 1 }, 9, /which answer/],
    ["nothing that leads to them", { sequence: 5 }, 9, /not kept, and no steps/],
    ["too many steps", { sequence: 5, steps: [{}, {}] }, 1, /too many/],
    ["a last step without that mask", { sequence: 5, mask: 3, steps: [{}] }, 9, /do not lead/],
    ["an earlier step without its mask", { sequence: 5, steps: [{ mask: 3 }, {}] }, 9, /do not lead/],
    ["a kept answer whose mask was made finer elsewhere", { sequence: 4, steps: [{ crop: {} }] }, 9, /made finer/],
    ["an earlier step that was made finer", { sequence: 5, steps: [{ crop: {} }, {}] }, 9, /made finer/],
  ])("are not to be had from %s", async (_name, init, mostSteps, sentence) => {
    const { decode } = decoding();
    const asked = previousLogits(previous(init), kept(), { mostSteps, decode });
    await expect(asked).rejects.toBeInstanceOf(PreviousError);
    await expect(asked).rejects.toThrow(sentence);
  });
});

it("keeps the latest answers, the one that came again as a new one", () => {
  const answers = new KeptAnswers(2);
  const one = [encodeHalf(Float32Array.of(1))];
  for (const sequence of [1, 2, 1, 3]) answers.keep(sequence, one);
  expect([1, 2, 3].map((sequence) => answers.of(sequence, 0) !== undefined)).toEqual([true, false, true]);
  expect(answers.of(1, 1)).toBeUndefined();
});
