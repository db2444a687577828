import { expect, it } from "vitest";
import { asJson } from "../report.js";
import { deviceMiBOf, noAccelerator, report } from "./report.js";

it("says in its one line that there is no accelerator, and why", () => {
  const line = asJson("gpu", noAccelerator({ cuda: "no such library" }));
  expect(line).not.toContain("\n");
  expect(JSON.parse(line)).toMatchObject({
    suite: "gpu",
    bars: [],
    detail: { accelerator: null, "does not start": { cuda: "no such library" } },
  });
});

it("holds the masks against the processor's, and tells speed and memory", () => {
  const { bars, detail } = report({
    provider: "cuda",
    device: "H200",
    graph: "rewritten",
    latencies: { "1024 x 768": [4, 6, 5] },
    batches: { 1: 180.123456, 2: "one picture at a time" },
    ious: { click: [1, 0.999], box: [0.97, 0.98] },
    deviceMiB: { loaded: 600 },
  });
  expect(bars.map(({ ok }) => ok)).toEqual([true, false]);
  expect(detail).toMatchObject({
    accelerator: { provider: "cuda", device: "H200" },
    "encode, ms": { "1024 x 768": { p50: 5 } },
    "pictures a second": { 1: 180.1235, 2: "one picture at a time" },
    prompts: 4,
    "least IoU": { click: 0.999, box: 0.97 },
  });
});

it("finds a process among those of a device", () => {
  expect(deviceMiBOf("12, 300\n34, 512\n", 34)).toBe(512);
  expect(deviceMiBOf("", 34)).toBeUndefined();
});
