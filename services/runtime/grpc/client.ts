import {
  create,
  type DescMethod,
  type DescMethodBiDiStreaming,
  type DescMethodUnary,
  type MessageInitShape,
  type MessageShape,
} from "@bufbuild/protobuf";
import {
  type ChannelOptions,
  type ClientDuplexStream,
  credentials,
  Client as GrpcClient,
  Metadata,
} from "@grpc/grpc-js";
import { Code, ServiceError } from "../errors.js";
import { methodDefinition } from "./service-definition.js";
import { fromRpcError } from "./status.js";

export interface CallOptions {
  signal?: AbortSignal | undefined;
  deadlineMs?: number | undefined;
}

/** One side of a bidirectional call. Iterating `responses` throws a `ServiceError` when the call fails. */
export interface DuplexCall<I, O> {
  send(message: I): Promise<void>;
  end(): void;
  cancel(): void;
  readonly responses: AsyncIterable<O>;
}

/** A channel to one peer; connects when first used and again when the connection is lost. */
export class RpcClient {
  readonly address: string;
  readonly #client: GrpcClient;

  constructor(address: string, options: ChannelOptions = {}) {
    this.address = address;
    this.#client = new GrpcClient(address, credentials.createInsecure(), {
      // A peer that hangs behind a live connection is noticed, not waited for.
      "grpc.keepalive_time_ms": 10_000,
      "grpc.keepalive_timeout_ms": 5_000,
      "grpc.initial_reconnect_backoff_ms": 100,
      "grpc.max_reconnect_backoff_ms": 2_000,
      "grpc.max_receive_message_length": 64 * 1024 * 1024,
      ...options,
    });
  }

  /** @throws ServiceError with the peer's code and sentence. */
  unary<I extends DescMethod["input"], O extends DescMethod["output"]>(
    method: DescMethodUnary<I, O>,
    request: MessageInitShape<I>,
    { signal, deadlineMs }: CallOptions = {},
  ): Promise<MessageShape<O>> {
    const { path, requestSerialize, responseDeserialize } = methodDefinition(method);
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(cancelled());
      const call = this.#client.makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize,
        create(method.input, request),
        new Metadata(),
        deadlineMs === undefined ? {} : { deadline: Date.now() + deadlineMs },
        (error, response) => {
          signal?.removeEventListener("abort", cancel);
          if (error) reject(fromRpcError(error));
          else resolve(response as MessageShape<O>);
        },
      );
      const cancel = () => call.cancel();
      signal?.addEventListener("abort", cancel);
    });
  }

  duplex<I extends DescMethod["input"], O extends DescMethod["output"]>(
    method: DescMethodBiDiStreaming<I, O>,
    { signal, deadlineMs }: CallOptions = {},
  ): DuplexCall<MessageInitShape<I>, MessageShape<O>> {
    const { path, requestSerialize, responseDeserialize } = methodDefinition(method);
    const call = this.#client.makeBidiStreamRequest(
      path,
      requestSerialize,
      responseDeserialize,
      new Metadata(),
      deadlineMs === undefined ? {} : { deadline: Date.now() + deadlineMs },
    );
    const cancel = () => call.cancel();
    if (signal?.aborted) cancel();
    signal?.addEventListener("abort", cancel);
    call.on("close", () => signal?.removeEventListener("abort", cancel));
    // Errors reach the caller where it reads; without a reader they must not end the process.
    call.on("error", () => {});
    return {
      send: (message) => write(call, create(method.input, message)),
      end: () => call.end(),
      cancel,
      responses: responses(call),
    };
  }

  close(): void {
    this.#client.close();
  }
}

function cancelled(): ServiceError {
  return new ServiceError({ code: Code.CANCELLED, message: "The request was cancelled." });
}

/** Resolves when the peer can take more, and also when the call has ended: the reader learns why. */
function write(call: ClientDuplexStream<unknown, unknown>, message: unknown): Promise<void> {
  if (call.destroyed || call.writableEnded || call.write(message)) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      call.off("drain", done).off("close", done).off("error", done).off("end", done);
      resolve();
    };
    call.on("drain", done).on("close", done).on("error", done).on("end", done);
  });
}

async function* responses<O>(call: ClientDuplexStream<unknown, unknown>): AsyncGenerator<O> {
  try {
    for await (const message of call) yield message as O;
  } catch (error) {
    if (error instanceof Error && "code" in error && typeof error.code === "number") throw fromRpcError(error as never);
    throw error;
  } finally {
    call.cancel();
  }
}
