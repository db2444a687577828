import {
  create,
  fromBinary,
  fromJson,
  type JsonValue,
  type MessageInitShape,
  toBinary,
  toJson,
} from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { encodeHalf } from "../../../proto/half-float.js";
import { encodeCounts, type Prompt, PromptSchema } from "../../../proto/index.js";
import { Code } from "../../runtime/errors.js";
import { codecOf } from "../../runtime/grpc/codec.js";
import { acceptPrompt } from "./accept-prompt.js";

type PromptInit = Exclude<MessageInitShape<typeof PromptSchema>, { $typeName: string }>;

const size = { width: 4, height: 3 };
const all = { points: "all", boxes: true, maskInput: true } as const;
const model = { id: "m", capabilities: all, decoder: { maskGrid: 2 } };

it.each([0, 1, 2, 3, 5])("reads the same logits from a Buffer that holds %i bytes before the message", (before) => {
  const data = new Uint8Array(encodeHalf(Float32Array.of(1.5, -2, 0.25, 8)).buffer);
  const mask = { source: { case: "lowResLogits" as const, value: { width: 2, height: 2, data } } };
  const wire = toBinary(PromptSchema, create(PromptSchema, { mask }));
  // As gRPC hands it over: a message somewhere inside a Buffer.
  const message = Buffer.concat([Buffer.alloc(before), wire, Buffer.alloc(7)]).subarray(before, before + wire.length);
  const accepted = acceptPrompt(fromBinary(PromptSchema, message), size, model);
  expect(accepted.mask).toEqual({ logits: Float32Array.of(1.5, -2, 0.25, 8) });
});

it("C7 refuses a bad prompt with the sentence that names what is wrong", () => {
  expect(() => acceptPrompt(undefined, size, model)).toThrow(
    expect.objectContaining({ code: Code.INVALID_ARGUMENT, message: expect.stringContaining("at least one point") }),
  );
});

const inBothForms: [string, (init: PromptInit) => Prompt][] = [
  ["in protobuf", (init) => codecOf(PromptSchema).decode(toBinary(PromptSchema, create(PromptSchema, init)))],
  [
    "in JSON, as null",
    (init) => {
      const json = toJson(PromptSchema, create(PromptSchema, init)) as { points?: object[]; box?: object };
      const points = json.points?.map((one) => ({ x: null, y: null, ...one }));
      const box = json.box && { x0: null, y0: null, x1: null, y1: null, ...json.box };
      return fromJson(PromptSchema, { ...json, ...(points && { points }), ...(box && { box }) } as JsonValue);
    },
  ],
];

describe.each(inBothForms)("C11 a coordinate that is left out is not 0, %s", (_form, read) => {
  const corners = { x0: 0, y0: 0, x1: 3, y1: 2 };
  const without = (corner: keyof typeof corners) => ({ box: { ...corners, [corner]: undefined } });

  it.each<[string, PromptInit]>([
    ["points[0].x", { points: [{ y: 1 }] }],
    ["points[0].y", { points: [{ x: 1, label: 0 }] }],
    ["points[1].x", { points: [{ x: 0, y: 0 }, {}] }],
    ["box.x0", without("x0")],
    ["box.y0", without("y0")],
    ["box.x1", without("x1")],
    ["box.y1", without("y1")],
    ["box.x0", { box: {} }],
  ])("%s", (field, init) => {
    const message = `\`${field}\` is missing; where 0 is meant, 0 must be sent.`;
    expect(() => acceptPrompt(read(init), size, model)).toThrow(
      expect.objectContaining({ code: Code.INVALID_ARGUMENT, message }),
    );
  });

  it("while 0 itself is one", () => {
    const points = [{ x: 0, y: 0, label: 0 as const }];
    expect(acceptPrompt(read({ points, box: corners }), size, model)).toEqual({ points, box: corners });
  });
});

describe("C13 what a model does not take is refused, by its name", () => {
  const logits = new Uint8Array(encodeHalf(new Float32Array(4)).buffer);
  const mask = { source: { case: "lowResLogits" as const, value: { width: 2, height: 2, data: logits } } };
  const rle = {
    source: { case: "rle" as const, value: { size: [3, 4], counts: encodeCounts(Uint32Array.of(4, 1, 7)) } },
  };
  const point = { x: 1, y: 1 };
  const box = { x0: 0, y0: 0, x1: 2, y1: 2 };
  const ask = (init: PromptInit, capabilities: object) =>
    acceptPrompt(create(PromptSchema, init), size, { ...model, capabilities: { ...all, ...capabilities } });

  it.each<[string, PromptInit, object, RegExp]>([
    [
      "points",
      { points: [point] },
      { points: "none" },
      /"m" takes no points; it takes a box and a mask to start from\.$/,
    ],
    [
      "a point beside the object",
      { points: [point, { ...point, label: 0 }] },
      { points: "positive" },
      /takes no points beside the object \(label 0\); it takes points on the object, a box and a mask/,
    ],
    [
      "a box",
      { box },
      { boxes: false, maskInput: false },
      /takes no boxes; it takes points on the object and beside it\.$/,
    ],
    [
      "a mask",
      { points: [point], mask },
      { maskInput: false },
      /takes no masks to start from; it takes .* and a box\.$/,
    ],
    [
      "too many points",
      { points: [point, point, point], box },
      { maxPoints: 4 },
      /4 points .* at most, a box counting for two; .* 3 points and a box/,
    ],
  ])("%s", (_what, init, capabilities, sentence) => {
    expect(() => ask(init, capabilities)).toThrow(
      expect.objectContaining({ code: Code.INVALID_ARGUMENT, message: expect.stringMatching(sentence) }),
    );
  });

  it("and nothing that it does", () => {
    expect(ask({ points: [point, point], box }, { points: "positive", maxPoints: 4 }).box).toEqual(box);
    // Of a mask alone the box round it is a prompt too, where boxes are taken.
    expect(ask({ mask: rle }, {}).box).toEqual({ x0: 1, y0: 1, x1: 2, y1: 2 });
    expect(ask({ mask: rle }, { boxes: false }).box).toBeUndefined();
  });
});
