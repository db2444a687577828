import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { encodeHalf } from "../../../proto/half-float.js";
import { encodeRle, maxPoints, PromptSchema } from "../../../proto/index.js";
import { checkPrompt, PromptError } from "./check-prompt.js";

/** Without whole messages, so that the parts of two can be put together. */
type PromptInit = Exclude<MessageInitShape<typeof PromptSchema>, { $typeName: string }>;

const size = { width: 4, height: 3 };
const gridSize = 2;
const check = (init: PromptInit | undefined) =>
  checkPrompt(init === undefined ? undefined : create(PromptSchema, init), size, gridSize);
const logits = (values: number[], width = 2, height = 2): PromptInit => ({
  mask: {
    source: {
      case: "lowResLogits",
      value: { width, height, data: new Uint8Array(encodeHalf(Float32Array.from(values)).buffer as ArrayBuffer) },
    },
  },
});
const rle = (runs: number[], width = 4, height = 3): PromptInit => ({
  mask: { source: { case: "rle", value: encodeRle({ width, height, runs: Uint32Array.from(runs) }) } },
});

describe("prompts that are right", () => {
  it("takes points to the picture's very edges; a label left out is on the object", () => {
    const points = [
      { x: 0, y: 0 },
      { x: 4, y: 3, label: 0 },
      { x: 1.5, y: 2.25, label: 1 },
    ];
    expect(check({ points })).toEqual({
      points: [
        { x: 0, y: 0, label: 1 },
        { x: 4, y: 3, label: 0 },
        { x: 1.5, y: 2.25, label: 1 },
      ],
    });
  });

  it.each([
    ["from any corner", { x0: 3, y0: 2, x1: 1, y1: 0 }, { x0: 1, y0: 0, x1: 3, y1: 2 }],
    ["past the picture's edges", { x0: -5, y0: -1, x1: 99, y1: 2 }, { x0: 0, y0: 0, x1: 4, y1: 2 }],
  ])("takes a box drawn %s", (_name, box, expected) => {
    expect(check({ box })).toEqual({ points: [], box: expected });
  });

  it("takes points and a box together", () => {
    const box = { x0: 0, y0: 0, x1: 2, y1: 2 };
    expect(check({ points: [{ x: 1, y: 1 }], box })).toEqual({ points: [{ x: 1, y: 1, label: 1 }], box });
  });

  it("puts a box around a mask that comes alone, and none where there are points or a box", () => {
    // Column-major: the pixels 4 and 5 are the second column's last two.
    const mask = rle([4, 2, 6]);
    expect(check(mask).box).toEqual({ x0: 1, y0: 1, x1: 2, y1: 3 });
    expect(check({ ...mask, points: [{ x: 1, y: 1 }] }).box).toBeUndefined();
    const box = { x0: 0, y0: 0, x1: 4, y1: 1 };
    expect(check({ ...mask, box }).box).toEqual(box);
  });

  it("takes low-resolution logits", () => {
    const { mask } = check(logits([1.5, -2, 0, 8]));
    expect(mask).toEqual({ logits: Float32Array.of(1.5, -2, 0, 8) });
  });

  it("starts from logits in the place of its own mask, which needs nothing else then", () => {
    const start = Float32Array.of(1, 2, 3, 4);
    const previous: PromptInit = { mask: { source: { case: "previous", value: { sequence: 3 } } } };
    const checked = (init: PromptInit) => checkPrompt(create(PromptSchema, init), size, gridSize, start);
    expect(checked(previous)).toEqual({ points: [], mask: { logits: start } });
    expect(checked({ ...previous, points: [{ x: 1, y: 1 }] })).toEqual({
      points: [{ x: 1, y: 1, label: 1 }],
      mask: { logits: start },
    });
    expect(checked({})).toEqual({ points: [], mask: { logits: start } });
  });
});

const point = (x: number, y: number, label?: number): PromptInit => ({
  points: [{ x, y, ...(label === undefined ? {} : { label }) }],
});
const many = Array.from({ length: maxPoints + 1 }, () => ({ x: 1, y: 1 }));

describe("C7 a bad prompt's sentence names what is wrong", () => {
  it.each<[string, PromptInit | undefined, RegExp]>([
    ["no prompt", undefined, /at least one point, a box or a mask/],
    ["an empty prompt", {}, /at least one point, a box or a mask/],
    ["too many points", { points: many }, /at most 128 points; this one has more/],
    ["a point to the right", point(4.01, 1), /point \(4\.0\d*, 1\) lies outside the picture of 4 x 3/],
    ["a point above", point(1, -0.5), /point \(1, -0\.5\) lies outside/],
    ["a point that is no number", point(Number.NaN, 1), /point \(NaN, 1\) lies outside/],
    ["an infinite point", point(1, Number.POSITIVE_INFINITY), /Infinity\) lies outside/],
    ["another label", point(1, 1, 2), /label is 1 .* or 0 .*; 2 is neither/],
    ["a box without height", { box: { x0: 0, y0: 1, x1: 4, y1: 1 } }, /box \(0, 1, 4, 1\) has no area inside/],
    ["a box beside the picture", { box: { x0: 5, y0: 0, x1: 9, y1: 2 } }, /has no area inside the picture of 4 x 3/],
    ["a box that is no number", { box: { x0: 0, y0: 0, x1: Number.NaN, y1: 1 } }, /corners must be finite/],
    ["a mask without a source", { mask: {} }, /needs logits or an RLE/],
    [
      "a previous mask",
      { mask: { source: { case: "previous", value: { sequence: 1 } } } },
      /`previous` is for the gateway/,
    ],
    ["logits of another size", logits([1, 2, 3, 4], 4, 1), /2 x 2 half floats, 8 bytes; these are 4 x 1 in 8 bytes/],
    ["too few logits", logits([1, 2, 3]), /these are 2 x 2 in 6 bytes/],
    ["infinite logits", logits([1, 2, 3, Number.POSITIVE_INFINITY]), /logits must be finite/],
    ["a mask of another size", rle([12], 3, 4), /size \[3, 4\]; this one has \[4, 3\]/],
    ["an empty mask", rle([12]), /mask prompt is empty/],
    [
      "a mask whose counts do not fit",
      { mask: { source: { case: "rle", value: { size: [3, 4], counts: "1" } } } },
      /malformed\. .*sum to 1 pixels/,
    ],
    [
      "a mask with strange counts",
      { mask: { source: { case: "rle", value: { size: [3, 4], counts: " " } } } },
      /malformed\. .*character/,
    ],
    ["a mask without a size", { mask: { source: { case: "rle", value: { counts: "1" } } } }, /size is two numbers/],
  ])("%s", (_name, init, sentence) => {
    let thrown: unknown;
    try {
      check(init);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(PromptError);
    expect((thrown as Error).message).toMatch(sentence);
    expect((thrown as Error).message).toMatch(/^[A-Z`].*\.$/);
  });
});
