import { type InferenceSession, Tensor } from "onnxruntime-node";
import { createSession } from "../../inference/models/create-session.js";
import { GraphBuilder } from "../../inference/onnx/graph-builder.js";
import { spinUs } from "./decoder-session.js";

/** Cosines of all cells of two frames: one product of matrices, which ONNX Runtime divides among its threads. */
export class CosineGraph {
  readonly #session: InferenceSession;

  private constructor(session: InferenceSession) {
    this.#session = session;
  }

  static async load(threads: number): Promise<CosineGraph> {
    const graph = new GraphBuilder("cosines");
    const a = graph.input("a", ["channels", "n"], "cells of length 1, column by column");
    const b = graph.input("b", ["channels", "m"], "of the other frame");
    graph.output("cosines", graph.node("Gemm", [a, b], { transA: { int: 1 } }), ["n", "m"], "of each with each");
    const options = { providers: ["cpu" as const], threads, spinUs, changesShape: true };
    const { session } = await createSession(graph.build(), options);
    return new CosineGraph(session);
  }

  /** @param a float32 [channels, n]. @param b float32 [channels, m]. @returns float32 [n, m]. */
  async of(a: Float32Array, b: Float32Array, channels: number): Promise<Float32Array> {
    const tensor = (values: Float32Array) => new Tensor("float32", values, [channels, values.length / channels]);
    const { cosines } = await this.#session.run({ a: tensor(a), b: tensor(b) });
    return cosines?.data as Float32Array;
  }
}
