import { type InferenceSession, Tensor } from "onnxruntime-node";
import { createSession } from "../../inference/models/create-session.js";
import { spinUs } from "./decoder-session.js";

/** Runs `cosineGraph`: one product of matrices, which ONNX Runtime divides among its threads. */
export class CosineSession {
  readonly #session: InferenceSession;

  private constructor(session: InferenceSession) {
    this.#session = session;
  }

  static async load(graph: Uint8Array, threads: number): Promise<CosineSession> {
    const { session } = await createSession(graph, { providers: ["cpu"], threads, spinUs, changesShape: true });
    return new CosineSession(session);
  }

  /** @param a float32 [channels, n]. @param b float32 [channels, m]. @returns float32 [n, m]. */
  async of(a: Float32Array, b: Float32Array, channels: number): Promise<Float32Array> {
    const tensor = (values: Float32Array) => new Tensor("float32", values, [channels, values.length / channels]);
    const { cosines } = await this.#session.run({ a: tensor(a), b: tensor(b) });
    return cosines?.data as Float32Array;
  }
}
