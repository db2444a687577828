import { describe, expect, it } from "vitest";
import type { ModelSpec } from "../../inference/models/manifest.js";
import { checkMetadata } from "./check-metadata.js";
import { addressOf, parseModelAddress } from "./model-address.js";

const model = {
  preprocess: { size: 1024 },
  encoder: {
    input: "input",
    layout: "planes",
    takes: "frame",
    outputs: [
      { name: "image", role: "image", dims: [1, 256, 64, 64] },
      { name: "early", dims: [1, 32, 256, 256] },
    ],
  },
} as unknown as ModelSpec;

const tensor = (name: string, shape: number[], datatype = "FP32") => ({ name, datatype, shape: shape.map(BigInt) });
const input = tensor("input", [1, 3, 1024, 1024]);
const image = tensor("image", [1, 256, 64, 64]);
const early = tensor("early", [1, 32, 256, 256]);
const check = (inputs: ReturnType<typeof tensor>[], outputs: ReturnType<typeof tensor>[]) =>
  checkMetadata(model, { inputs, outputs } as Parameters<typeof checkMetadata>[1]);

describe("what a server says of its tensors", () => {
  it("is taken as it is, with more outputs, a free first side and halves", () => {
    expect(check([tensor("input", [-1, 3, 1024, 1024], "FP16")], [tensor("more", [7]), image, early])).toEqual({
      input: "FP16",
      outputs: { image: "FP32", early: "FP32" },
      takesFrames: false,
    });
  });

  it("says that frames may be any where height and width are free on both sides", () => {
    const free = [tensor("image", [-1, 256, -1, -1]), early];
    expect(check([tensor("input", [1, 3, -1, -1])], free).takesFrames).toBe(true);
    expect(check([input], free).takesFrames).toBe(false);
  });

  it.each<[string, () => unknown, RegExp]>([
    ["another input", () => check([tensor("x", [1])], [image, early]), /no input "input"; it has "x"/],
    ["one more input", () => check([input, tensor("x", [1])], [image, early]), /wants the input "x" too/],
    ["an output less", () => check([input], [image]), /no output "early"; it has "image"/],
    [
      "integers",
      () => check([tensor("input", [1, 3, 1024, 1024], "UINT8")], [image, early]),
      /is UINT8; it has to be FP32 or FP16/,
    ],
    [
      "other sides",
      () => check([tensor("input", [1, 3, 512, 512])], [image, early]),
      /\[1, 3, 512, 512\]; it has to be \[1, 3, 1024, 1024\]/,
    ],
    ["fewer sides", () => check([input], [tensor("image", [256, 64, 64]), early]), /"image" is \[256, 64, 64\]/],
  ])("is refused in a sentence: %s", (_what, refused, sentence) => {
    expect(refused).toThrow(sentence);
  });
});

describe("a model's address", () => {
  it.each([
    [
      "oip:grpc://triton:8001/mobilesam",
      { address: "triton:8001", isEncrypted: false, name: "mobilesam", version: "" },
    ],
    ["oip:grpcs://[::1]:8001/a.b/versions/3", { address: "[::1]:8001", isEncrypted: true, name: "a.b", version: "3" }],
    ["oip:grpc://h:1/sam-{model}", { address: "h:1", isEncrypted: false, name: "sam-mine@fp16", version: "" }],
  ] as const)("is %s", (text, expected) => {
    expect(addressOf(text, "mine@fp16")).toEqual(expected);
  });

  it.each([
    "oip:http://h:1/m",
    "oip:grpc://h/m",
    "oip:grpc://h:1",
    "oip:grpc://h:1/m/3",
    "oip:grpc://h:1/{x}",
    "grpc://h:1/m",
  ])("is not %s", (text) => {
    expect(parseModelAddress(text)).toBeUndefined();
  });
});
