import { expect, it } from "vitest";
import { ProgressMeter } from "./progress-meter.js";

const file = { source: "https://example.com/a/encoder.onnx", totalBytes: 200e6 };
const linesOf = (meter: ProgressMeter, ...at: [seconds: number, megabytes: number][]) =>
  at.map(([seconds, megabytes]) => meter.line({ ...file, bytes: megabytes * 1e6 }, 1000 * seconds));

it("shows share, bytes, the speed of the last seconds and the time that is left", () => {
  expect(linesOf(new ProgressMeter(), [0, 0], [1, 20], [10, 30], [11, 40], [12, 200])).toEqual([
    "encoder.onnx  ····················    0 %  0.0 MB of 200.0 MB",
    "encoder.onnx  ██··················   10 %  20.0 MB of 200.0 MB  20.0 MB/s  9 s left",
    // Of the first second's speed nothing is left, of the pause after it there is.
    "encoder.onnx  ███·················   15 %  30.0 MB of 200.0 MB  1.1 MB/s  2 min 34 s left",
    "encoder.onnx  ████················   20 %  40.0 MB of 200.0 MB  2.0 MB/s  1 min 20 s left",
    "encoder.onnx  ████████████████████  100 %  200.0 MB of 200.0 MB  16.4 MB/s",
  ]);
});

it("takes what an earlier run has brought for no speed, and a file that begins anew neither", () => {
  const lines = linesOf(new ProgressMeter(), [0, 100], [1, 101], [2, 0], [3, 2]);
  expect(lines.map((line) => /[\d.]+ MB\/s.*/.exec(line)?.[0])).toEqual([
    undefined,
    "1.0 MB/s  1 min 39 s left",
    undefined,
    "2.0 MB/s  1 min 39 s left",
  ]);
});

it("knows no time of a package whose size nobody says, and begins anew with each", () => {
  const meter = new ProgressMeter();
  const come = (source: string, bytes: number, atMs: number) =>
    meter.line({ source, bytes, totalBytes: undefined }, atMs);
  expect(come("npm:@a/b@1.0.0", 0, 0)).toBe("b@1.0.0  0.0 MB");
  expect(come("npm:@a/b@1.0.0", 3e6, 2000)).toBe("b@1.0.0  3.0 MB  1.5 MB/s");
  expect(come("npm:c@1.0.0", 9e6, 3000)).toBe("c@1.0.0  9.0 MB");
});
