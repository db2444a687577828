import { InferenceSession, Tensor } from "onnxruntime-node";
import { describe, expect, it } from "vitest";
import { GraphBuilder } from "../../inference/onnx/graph-builder.js";
import { UnknownGraphError } from "../../inference/onnx/unknown-graph-error.js";
import { rewriteEncoder } from "./rewrite-encoder.js";
import { windowEncoder, windowEncoderGraph } from "./testing/window-encoder.js";

describe("an encoder of any frame", async () => {
  const { graph, passes } = rewriteEncoder(windowEncoderGraph(128, 128), windowEncoder, { exact: false });
  const session = await InferenceSession.create(graph);

  it("says what was done", () => {
    expect(passes).toEqual(["any frame"]);
  });

  // Sides of the maps that are whole windows, that are not, one cell, and both ways round.
  it.each([
    [128, 128],
    [96, 48],
    [80, 112],
    [112, 80],
    [16, 128],
    [128, 16],
  ])("gives for %i x %i pixels what an encoder made for that frame gives", async (height, width) => {
    const made = await InferenceSession.create(windowEncoderGraph(height, width));
    const picture = new Tensor(
      "float32",
      Float32Array.from({ length: 3 * height * width }, (_, i) => Math.sin(i * i)),
      [1, 3, height, width],
    );
    const [expected, actual] = [
      (await made.run({ input: picture })).output!,
      (await session.run({ input: picture })).output!,
    ];
    expect(actual.dims).toEqual([1, 8, height / 16, width / 16]);
    expect(difference(actual, expected)).toBeLessThan(1e-6);
  });

  it("is not made of a graph that it does not know", () => {
    const plain = new GraphBuilder("plain");
    const input = plain.input("input", [1, 3, 128, 128], "");
    plain.output("output", plain.node("Relu", [input]), [1, 3, 128, 128], "");
    const rewriting = () => rewriteEncoder(plain.build(), windowEncoder, { exact: false });
    expect(rewriting).toThrow(UnknownGraphError);
    expect(rewriting).toThrow("looked for attention in windows, found none");
    const other = () => rewriteEncoder(windowEncoderGraph(128, 128), { ...windowEncoder, size: 100 }, { exact: false });
    expect(other).toThrow("looked for a map of the frame, found one of 16 x 16 cells");
    const oblong = () => rewriteEncoder(windowEncoderGraph(128, 96), windowEncoder, { exact: false });
    expect(oblong).toThrow(/^not a graph that can be rewritten: looked for the view as a map of the windows at Pad/);
  });
});

function difference(a: Tensor, b: Tensor): number {
  const [as, bs] = [a.data as Float32Array, b.data as Float32Array];
  return as.reduce((most, value, i) => Math.max(most, Math.abs(value - bs[i]!)), as.length === bs.length ? 0 : NaN);
}
