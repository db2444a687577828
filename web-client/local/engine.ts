import type { InferenceSession, Tensor } from "onnxruntime-web";
import type { FloatTensors, GraphName, GraphRunner, GraphTensors } from "../../services/sam/decode/graph-runner.js";
import { Declined } from "./declined.js";
import type { Backend } from "./routing.js";

/** What the prefix graph makes of a picture, as the step graphs take it. */
export type Prepared = Readonly<Record<string, Tensor>>;

/** ONNX Runtime with one backend, loaded. */
export interface Runtime {
  readonly backend: Backend;
  readonly Tensor: typeof Tensor;
  createSession(graph: Uint8Array, keepsOutputs: boolean): Promise<InferenceSession>;
}

/** The decoder's graphs in a browser. The one that starts from a mask comes later than the others. */
export class Engine implements GraphRunner<Prepared> {
  readonly #runtime: Runtime;
  readonly #sessions: Partial<Record<GraphName, InferenceSession>>;

  private constructor(runtime: Runtime, sessions: Partial<Record<GraphName, InferenceSession>>) {
    this.#runtime = runtime;
    this.#sessions = sessions;
  }

  static async open(runtime: Runtime, graphs: { prefix: Uint8Array; step: Uint8Array }): Promise<Engine> {
    const prefix = await runtime.createSession(graphs.prefix, true);
    const step = await runtime.createSession(graphs.step, false);
    return new Engine(runtime, { prefix, step });
  }

  get backend(): Backend {
    return this.#runtime.backend;
  }

  async add(name: GraphName, graph: Uint8Array): Promise<void> {
    this.#sessions[name] = await this.#runtime.createSession(graph, false);
  }

  drop(name: GraphName): void {
    void this.#sessions[name]?.release();
    delete this.#sessions[name];
  }

  async keep(inputs: FloatTensors, graph: GraphName | undefined): Promise<Prepared> {
    const feeds = this.#tensors(inputs);
    return graph ? await this.#session(graph).run(feeds) : feeds;
  }

  /** @throws Declined while that graph is not there. */
  run(graph: GraphName, kept: Prepared, inputs: GraphTensors, outputs: readonly string[]): Promise<FloatTensors> {
    return this.#session(graph).run({ ...kept, ...this.#tensors(inputs) }, outputs) as Promise<FloatTensors>;
  }

  #session(graph: GraphName): InferenceSession {
    const session = this.#sessions[graph];
    if (session === undefined) throw new Declined("The graph is not there yet.");
    return session;
  }

  #tensors(inputs: GraphTensors): Record<string, Tensor> {
    const { Tensor } = this.#runtime;
    const tensors: Record<string, Tensor> = {};
    for (const [name, { type, data, dims }] of Object.entries(inputs)) {
      tensors[name] = new Tensor(type ?? "float32", data, dims);
    }
    return tensors;
  }
}
