import { once } from "node:events";
import { readFileSync } from "node:fs";
import { type handleUnaryCall, Server, ServerCredentials } from "@grpc/grpc-js";
import { InferenceSession } from "onnxruntime-node";
import {
  GRPCInferenceService,
  type ModelInferRequest,
  ModelInferResponseSchema,
  ModelMetadataResponseSchema,
  ModelReadyResponseSchema,
  ServerLiveResponseSchema,
  ServerReadyResponseSchema,
} from "../../../../proto/inference.js";
import { floatsOf, floatTensor } from "../../../inference/models/float-tensor.js";
import { Code } from "../../../runtime/errors.js";
import { codecOf } from "../../../runtime/grpc/codec.js";
import { serviceDefinition } from "../../../runtime/grpc/service-definition.js";
import { bytesOfValues, type ValueType, valuesOfBytes } from "../tensor-bytes.js";

export interface FakeModel {
  /** An ONNX file of one input and one output of floats. */
  graph: Uint8Array;
  name: string;
  /** What the server says of its tensors. */
  input: { name: string; datatype: string; shape: number[] };
  output: { name: string; datatype: string; shape: number[] };
}

/** How it answers, which a test changes as it goes. */
interface FakeBehaviour {
  isReady: boolean;
  /** The next so many runs are refused as by a server that stops. */
  refusals: number;
  /** Runs begin when it resolves. */
  gate: Promise<void>;
  /** Values go with their tensor, not in bytes beside them. */
  usesLists: boolean;
}

/** A model server of the Open Inference Protocol, in this process. */
export class FakeModelServer implements AsyncDisposable {
  readonly behaviour: FakeBehaviour = { isReady: true, refusals: 0, gate: Promise.resolve(), usesLists: false };
  /** Runs that were asked for, most of them at once, and those that their callers left. */
  readonly seen = { runs: 0, now: 0, mostAtOnce: 0, left: 0 };
  readonly #model: FakeModel;
  readonly #session: InferenceSession;
  readonly #server = new Server({ "grpc.max_receive_message_length": -1, "grpc.max_send_message_length": -1 });
  #ended: Promise<void> | undefined;
  port = 0;

  private constructor(model: FakeModel, session: InferenceSession) {
    this.#model = model;
    this.#session = session;
  }

  /** @param tls files of its certificate and key, where it speaks TLS alone. */
  static async start(model: FakeModel, port = 0, tls?: { cert: string; key: string }): Promise<FakeModelServer> {
    const session = await InferenceSession.create(model.graph, { intraOpNumThreads: 1, logSeverityLevel: 3 });
    const server = new FakeModelServer(model, session);
    await server.#listen(port, tls);
    return server;
  }

  /** As a provider. */
  get provider(): `oip:${string}` {
    return `oip:grpc://127.0.0.1:${this.port}/${this.#model.name}`;
  }

  /** Ends at once, with all that is under way; may be asked for twice. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended ??= Promise.resolve(this.#server.forceShutdown()).then(() => this.#session.release());
    await this.#ended;
  }

  async #listen(port: number, tls?: { cert: string; key: string }): Promise<void> {
    const isThere = (name: string) => name === this.#model.name;
    this.#server.addService(serviceDefinition(GRPCInferenceService), {
      serverLive: answer(ServerLiveResponseSchema, () => ({ live: true })),
      serverReady: answer(ServerReadyResponseSchema, () => ({ ready: true })),
      modelReady: answer(ModelReadyResponseSchema, ({ name }: { name: string }) => {
        if (!isThere(name)) throw refusal(Code.NOT_FOUND, `unknown model ${name}`);
        return { ready: this.behaviour.isReady };
      }),
      modelMetadata: answer(ModelMetadataResponseSchema, () => this.#metadata()),
      modelInfer: (async (call, callback) => {
        const { seen } = this;
        seen.runs++;
        seen.now++;
        seen.mostAtOnce = Math.max(seen.mostAtOnce, seen.now);
        const left = once(call, "cancelled").then(() => seen.left++);
        try {
          if (this.behaviour.refusals-- > 0) throw refusal(Code.UNAVAILABLE, "the server stops");
          await Promise.race([this.behaviour.gate, left]);
          if (!call.cancelled) callback(null, await this.#run(call.request as ModelInferRequest));
        } catch (error) {
          callback(error as Error);
        } finally {
          seen.now--;
        }
      }) satisfies handleUnaryCall<unknown, unknown>,
    });
    const credentials = tls
      ? ServerCredentials.createSsl(null, [{ cert_chain: readFileSync(tls.cert), private_key: readFileSync(tls.key) }])
      : ServerCredentials.createInsecure();
    this.port = await new Promise<number>((resolve, reject) =>
      this.#server.bindAsync(`127.0.0.1:${port}`, credentials, (error, bound) =>
        error ? reject(error) : resolve(bound),
      ),
    );
  }

  #metadata() {
    const { name, input, output } = this.#model;
    const described = (one: FakeModel["input"]) => ({ ...one, shape: one.shape.map(BigInt) });
    return { name, versions: ["1"], inputs: [described(input)], outputs: [described(output)] };
  }

  async #run({ inputs, rawInputContents }: ModelInferRequest): Promise<unknown> {
    const [given] = inputs;
    const values = valuesOfBytes(rawInputContents[0] as Uint8Array, given?.datatype as ValueType);
    const [inputName = ""] = this.#session.inputNames;
    const [outputName = ""] = this.#session.outputNames;
    const dims = given?.shape.map(Number) ?? [];
    const results = await this.#session.run({ [inputName]: floatTensor(values, dims, "float32") });
    const floats = floatsOf(results[outputName]) as Float32Array;
    const { name, datatype } = this.#model.output;
    const shape = results[outputName]?.dims.map(BigInt) ?? [];
    const { usesLists } = this.behaviour;
    return codecOf(ModelInferResponseSchema).create({
      modelName: this.#model.name,
      outputs: [{ name, datatype, shape, ...(usesLists ? { contents: { fp32Contents: [...floats] } } : {}) }],
      rawOutputContents: usesLists ? [] : [bytesOfValues(floats, datatype as ValueType)],
    });
  }
}

type Schema = Parameters<typeof codecOf>[0];

function answer<I>(schema: Schema, answerTo: (request: I) => unknown): handleUnaryCall<unknown, unknown> {
  return (call, callback) => {
    try {
      callback(null, codecOf(schema).create(answerTo(call.request as I) as Record<string, unknown>));
    } catch (error) {
      callback(error as Error);
    }
  };
}

const refusal = (code: Code, details: string) => Object.assign(new Error(details), { code, details });
