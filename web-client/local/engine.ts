import type { InferenceSession, Tensor } from "onnxruntime-web";
import type { Candidates } from "../../services/sam/masks/candidates.js";
import type { PromptTokens } from "../../services/sam/prompts/prompt-tokens.js";
import type { Backend } from "./routing.js";

/** What the prefix graph makes of a picture, as the step graphs take it. */
export type Prepared = Readonly<Record<string, Tensor>>;

/** ONNX Runtime with one backend, loaded. */
export interface Runtime {
  readonly backend: Backend;
  readonly Tensor: typeof Tensor;
  createSession(graph: Uint8Array, keepsOutputs: boolean): Promise<InferenceSession>;
}

/** The decoder's graphs in a browser: the prefix once a picture, a step once a prompt. */
export class Engine {
  readonly #runtime: Runtime;
  readonly #gridSize: number;
  readonly #prefix: InferenceSession;
  readonly #step: InferenceSession;
  #stepWithMask: InferenceSession | undefined;

  private constructor(runtime: Runtime, gridSize: number, prefix: InferenceSession, step: InferenceSession) {
    this.#runtime = runtime;
    this.#gridSize = gridSize;
    this.#prefix = prefix;
    this.#step = step;
  }

  /** @param gridSize side of the grid of mask logits. */
  static async open(
    runtime: Runtime,
    graphs: { prefix: Uint8Array; step: Uint8Array },
    gridSize: number,
  ): Promise<Engine> {
    const prefix = await runtime.createSession(graphs.prefix, true);
    const step = await runtime.createSession(graphs.step, false);
    return new Engine(runtime, gridSize, prefix, step);
  }

  get backend(): Backend {
    return this.#runtime.backend;
  }

  /** Whether it can start from a mask. */
  get takesMasks(): boolean {
    return this.#stepWithMask !== undefined;
  }

  async addStepWithMask(graph: Uint8Array): Promise<void> {
    this.#stepWithMask = await this.#runtime.createSession(graph, false);
  }

  dropStepWithMask(): void {
    void this.#stepWithMask?.release();
    this.#stepWithMask = undefined;
  }

  /** @param embedding float32 of these dims. */
  async prepare(embedding: Float32Array, dims: readonly number[]): Promise<Prepared> {
    const { Tensor } = this.#runtime;
    return await this.#prefix.run({ image_embeddings: new Tensor("float32", embedding, dims) });
  }

  /** @param maskLogits float32 [gridSize, gridSize], a mask to start from. @throws Error without the graph for that. */
  async decode(prepared: Prepared, tokens: PromptTokens, maskLogits: Float32Array | undefined): Promise<Candidates> {
    const { Tensor } = this.#runtime;
    const { coords, labels, count } = tokens;
    const feeds = {
      ...prepared,
      point_coords: new Tensor("float32", coords, [1, count, 2]),
      point_labels: new Tensor("float32", labels, [1, count]),
    };
    const outputs = maskLogits
      ? await this.#withMask().run({
          ...feeds,
          mask_input: new Tensor("float32", maskLogits, [1, 1, this.#gridSize, this.#gridSize]),
        })
      : await this.#step.run(feeds);
    return {
      logits: outputs.low_res_masks?.data as Float32Array,
      predictedIou: outputs.iou_predictions?.data as Float32Array,
    };
  }

  async close(): Promise<void> {
    await Promise.all([this.#prefix, this.#step, this.#stepWithMask].map((session) => session?.release()));
  }

  #withMask(): InferenceSession {
    if (this.#stepWithMask === undefined) throw new Error("The graph that starts from a mask is not there.");
    return this.#stepWithMask;
  }
}
