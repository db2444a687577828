import { expect, it } from "vitest";
import type { ModelSpec } from "../inference/models/manifest.js";
import { canEncode, forStrangers } from "./model-providers.js";
import type { EncoderDetail } from "./worker/encoder-tasks.js";

type Detail = EncoderDetail[string];
const cpu: Detail = { provider: "cpu", skipped: [], takesFrames: true };
const lost: Detail = { provider: undefined, skipped: [], takesFrames: false };
const [usual, other, lazy] = ["usual", "other", "lazy"].map((id) => ({ id }) as ModelSpec) as [
  ModelSpec,
  ModelSpec,
  ModelSpec,
];

it.each([
  ["the usual model has a provider", usual, { usual: cpu, other: lost, lazy: lost }, true],
  ["the usual model has none", usual, { usual: lost, other: cpu, lazy: cpu }, false],
  ["nothing is loaded yet", usual, {}, true],
  [
    "one of those from the start has one, and the usual one is loaded when it is asked for",
    lazy,
    { usual: lost, other: cpu, lazy: lost },
    true,
  ],
  ["none of those from the start has one", undefined, { usual: lost, other: lost, lazy: cpu }, false],
])("can encode or not where %s", (_, standard, running: EncoderDetail, can) => {
  const models = { served: [usual, other, lazy], standard, isLazy: ({ id }: { id: string }) => id === "lazy" };
  expect(canEncode(models, running)).toBe(can);
});

it("shows strangers no address and no other server's words", () => {
  const skipped = [
    "oip:grpc://10.0.0.7:8001/m: the server cannot be reached (10.0.0.7: refused)",
    "cuda: no libcudnn.so",
  ];
  expect(forStrangers({ a: { ...cpu, skipped }, b: { ...cpu, provider: "oip:grpc://10.0.0.7:8001/m" } })).toEqual({
    a: { provider: "cpu", skipped: ["remote: it is out", "cuda: it is out"], takesFrames: true },
    b: { provider: "remote", skipped: [], takesFrames: true },
  });
});
