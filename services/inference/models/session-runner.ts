import { type InferenceSession, Tensor } from "onnxruntime-node";
import type { FloatTensors, GraphName, GraphRunner, GraphTensors } from "../../sam/decode/graph-runner.js";

/** A picture's tensors, by the names of the inputs that take them. */
export type KeptTensors = InferenceSession.OnnxValueMapType;

/** Graphs in ONNX Runtime's sessions on the processor. What one keeps, another of the same graphs can run on. */
export class SessionRunner implements GraphRunner<KeptTensors> {
  readonly #sessions: Partial<Record<GraphName, InferenceSession>>;

  constructor(sessions: Partial<Record<GraphName, InferenceSession>>) {
    this.#sessions = sessions;
  }

  keep(inputs: FloatTensors, graph: GraphName | undefined): Promise<KeptTensors> {
    const feeds = tensorsOf(inputs);
    return graph ? this.#session(graph).run(feeds) : Promise.resolve(feeds);
  }

  run(graph: GraphName, kept: KeptTensors, inputs: GraphTensors, outputs: readonly string[]): Promise<FloatTensors> {
    return this.#session(graph).run({ ...kept, ...tensorsOf(inputs) }, outputs) as Promise<FloatTensors>;
  }

  #session(graph: GraphName): InferenceSession {
    const session = this.#sessions[graph];
    if (!session) throw new Error(`The graph ${graph} is not loaded.`);
    return session;
  }
}

/** Bytes of the values that are kept. */
export function bytesOf(kept: KeptTensors): number {
  return Object.values(kept).reduce((sum, tensor) => sum + 4 * (tensor as Tensor).size, 0);
}

function tensorsOf(inputs: GraphTensors): Record<string, Tensor> {
  const tensors: Record<string, Tensor> = {};
  for (const [name, { type, data, dims }] of Object.entries(inputs)) {
    tensors[name] = new Tensor(type ?? "float32", data, dims);
  }
  return tensors;
}
