import { setTimeout as sleep } from "node:timers/promises";
import { createSecureContext } from "node:tls";
import type { DescMethodUnary, MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import { GRPCInferenceService, type ModelInferResponse, type ModelMetadataResponse } from "../../../proto/inference.js";
import { Code, ServiceError } from "../../runtime/errors.js";
import { dial, RpcClient } from "../../runtime/grpc/client.js";
import { encrypt } from "../../runtime/tls/encrypt.js";
import { countOf } from "../worker/encoder-tensors.js";
import { ProviderLostError } from "../worker/provider-lost-error.js";
import type { ModelAddress } from "./model-address.js";
import { bytesOfValues, type ValueType, valuesOfBytes } from "./tensor-bytes.js";

const { serverReady, modelReady, modelMetadata, modelInfer } = GRPCInferenceService.method;

/** Between a call that did not reach the server and its repetition. */
const retryMs = 200;
/** Whether a server and its model are ready, and what the model is: nothing is run for that. */
const askMs = 3_000;
/** Model servers end connections whose clients ping more often than every five minutes: calls have deadlines instead. */
const pingMs = 600_000;
/** In a message beside its tensors. */
const envelopeBytes = 1024 * 1024;

interface ServerOptions {
  /** Longest that a run may take, with its repetition. */
  readonly callMs: number;
  /** Of the tensors of an answer. */
  readonly answerBytes: number;
}

/** A tensor as it is sent or was received. */
interface NamedTensor {
  readonly name: string;
  readonly type: ValueType;
  readonly dims: readonly number[];
  readonly values: Float32Array;
}

/**
 * A model at a server of the Open Inference Protocol. How many calls are made at once is for its caller; the server puts those
 * that come together into batches, if it does.
 */
export class ModelServer {
  readonly #model: Pick<ModelAddress, "name" | "version">;
  readonly #client: RpcClient;
  readonly #callMs: number;
  readonly #answerBytes: number;
  #isClosed = false;
  #losses = 0;

  constructor({ address, isEncrypted, name, version }: ModelAddress, { callMs, answerBytes }: ServerOptions) {
    const serverName = address.slice(0, address.lastIndexOf(":")).replace(/^\[|\]$/g, "");
    const options = {
      "grpc.max_receive_message_length": answerBytes + envelopeBytes,
      "grpc.max_send_message_length": -1,
      "grpc.keepalive_time_ms": pingMs,
      // Each of the servers behind a name in turn.
      "grpc.service_config": JSON.stringify({ loadBalancingConfig: [{ round_robin: {} }] }),
    };
    const tls = { context: createSecureContext(), serverName };
    const calls = dial(address, options, isEncrypted ? (socket) => encrypt(socket, tls) : undefined);
    this.#client = new RpcClient(address, {}, calls);
    this.#model = { name, version };
    this.#callMs = callMs;
    this.#answerBytes = answerBytes;
  }

  /** Calls that did not get through, and were made again: after each there may be another server at the address. */
  get losses(): number {
    return this.#losses;
  }

  /** @throws ProviderLostError when the server cannot be reached, or the model is not ready there. */
  async checkReady(): Promise<void> {
    const { ready } = await this.#ask(modelReady, this.#model, { deadlineMs: askMs });
    if (ready) return;
    const server = await this.#ask(serverReady, {}, { deadlineMs: askMs });
    throw new ProviderLostError(
      server.ready ? `its model ${this.#model.name} is not ready` : "the server is not ready yet",
    );
  }

  /** What the model's tensors are. @throws ProviderLostError as `checkReady`. */
  async describe(): Promise<ModelMetadataResponse> {
    await this.checkReady();
    return this.#ask(modelMetadata, this.#model, { deadlineMs: askMs });
  }

  /**
   * One run of the model, once more where the server was not reached.
   * @param wanted types of the outputs, by name. @param signal ends the call when nobody waits for it any more.
   * @returns the wanted outputs by their names.
   * @throws ProviderLostError when the server cannot be reached, or has not answered in its time; AbortError; Error for what
   *   the server says is wrong with the call.
   */
  async run(
    input: NamedTensor,
    wanted: Readonly<Record<string, ValueType>>,
    signal?: AbortSignal,
  ): Promise<Map<string, NamedTensor>> {
    const request: MessageInitShape<typeof modelInfer.input> = {
      modelName: this.#model.name,
      modelVersion: this.#model.version,
      inputs: [{ name: input.name, datatype: input.type, shape: input.dims.map(BigInt) }],
      outputs: Object.keys(wanted).map((name) => ({ name })),
      rawInputContents: [bytesOfValues(input.values, input.type)],
    };
    const answer = await this.#ask(modelInfer, request, { deadlineMs: this.#callMs, signal });
    return tensorsOf(answer, wanted);
  }

  /** Takes no new calls; those under way go on to their end. */
  close(): void {
    this.#isClosed = true;
    this.#client.close();
  }

  /** Once more when it did not get through; all of it within the deadline. */
  async #ask<I extends DescMethodUnary["input"], O extends DescMethodUnary["output"]>(
    method: DescMethodUnary<I, O>,
    request: MessageInitShape<I>,
    { deadlineMs, signal }: { deadlineMs: number; signal?: AbortSignal | undefined },
  ): Promise<MessageShape<O>> {
    const until = performance.now() + deadlineMs;
    const once = () => {
      // Another's call found the server lost, while this one waited to repeat its own.
      if (this.#isClosed) throw new ProviderLostError("the server cannot be reached");
      return this.#client.unary(method, request, { deadlineMs: until - performance.now(), signal });
    };
    try {
      return await once().catch((error) => {
        if (!(error instanceof ServiceError) || error.code !== Code.UNAVAILABLE) throw error;
        this.#losses++;
        return sleep(retryMs, undefined, signal ? { signal } : {}).then(once);
      });
    } catch (error) {
      throw this.#explain(error, signal);
    }
  }

  #explain(error: unknown, signal: AbortSignal | undefined): unknown {
    if (signal?.aborted) return signal.reason;
    if (!(error instanceof ServiceError)) return error;
    const { code, cause } = error;
    const details = cause instanceof Error && "details" in cause ? String(cause.details) : error.message;
    if (code === Code.UNAVAILABLE)
      return new ProviderLostError(`the server cannot be reached (${brief(details)})`, { cause });
    if (code === Code.DEADLINE_EXCEEDED)
      return new ProviderLostError("the server has not answered in its time", { cause });
    if (code === Code.NOT_FOUND) return new ProviderLostError(`the server has no model ${this.#model.name}`, { cause });
    const hint =
      code === Code.RESOURCE_EXHAUSTED
        ? `; where it speaks of a message's size, the server has to take and send ${Math.ceil(this.#answerBytes / 2 ** 20)} MiB and more`
        : "";
    return new Error(`the model server answered ${Code[code]}: ${brief(details)}${hint}`, { cause });
  }
}

const brief = (text: string) => (text.length > 200 ? `${text.slice(0, 199)}\u2026` : text);

/** @throws Error when one that was wanted is not there, or not of its type or size. */
function tensorsOf(
  { outputs, rawOutputContents }: ModelInferResponse,
  wanted: Readonly<Record<string, ValueType>>,
): Map<string, NamedTensor> {
  const tensors = new Map<string, NamedTensor>();
  for (const [at, { name, datatype, shape, contents }] of outputs.entries()) {
    const type = wanted[name];
    if (type === undefined) continue;
    if (datatype !== type) throw new Error(`the model server's output "${name}" is ${datatype} and was to be ${type}`);
    const raw = rawOutputContents[at];
    const values = raw ? valuesOfBytes(raw, type) : Float32Array.from(contents?.fp32Contents ?? []);
    const dims = shape.map(Number);
    if (values.length !== countOf(dims)) {
      throw new Error(`the model server's output "${name}" has ${values.length} values for [${dims.join(", ")}]`);
    }
    tensors.set(name, { name, type, dims, values });
  }
  for (const name of Object.keys(wanted)) {
    if (!tensors.has(name)) throw new Error(`the model server's answer has no output "${name}"`);
  }
  return tensors;
}
