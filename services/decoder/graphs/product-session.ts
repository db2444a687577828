import { type InferenceSession, Tensor } from "onnxruntime-node";
import { createSession } from "../../inference/models/create-session.js";
import type { Product } from "../../sam/track/labels/axes.js";
import { spinUs } from "./decoder-session.js";

/** Runs `productGraph`, which ONNX Runtime divides among its threads. */
export async function loadProduct(graph: Uint8Array, threads: number): Promise<Product> {
  const { session } = await createSession(graph, { providers: ["cpu"], threads, spinUs, changesShape: true });
  return (a, b, inner) => product(session, a, b, inner);
}

async function product(
  session: InferenceSession,
  a: Float32Array,
  b: Float32Array,
  inner: number,
): Promise<Float32Array> {
  const tensor = (values: Float32Array) => new Tensor("float32", values, [values.length / inner, inner]);
  const { products } = await session.run({ a: tensor(a), b: tensor(b) });
  return products?.data as Float32Array;
}
