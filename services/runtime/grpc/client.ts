import type {
  DescMethod,
  DescMethodBiDiStreaming,
  DescMethodClientStreaming,
  DescMethodServerStreaming,
  DescMethodUnary,
  MessageInitShape,
  MessageShape,
} from "@bufbuild/protobuf";
import {
  type ChannelOptions,
  Client as GrpcClient,
  Metadata,
  type MethodDefinition,
  type ServiceError as RpcError,
} from "@grpc/grpc-js";
import { service as healthService } from "grpc-health-check";
import { Code, ServiceError } from "../errors.js";
import type { Call } from "./call.js";
import { traceCall } from "./call-origin.js";
import type { ClientCalls, OpenCall, ReadCall, WriteCall } from "./client-calls.js";
import { codecOf } from "./codec.js";
import { Messages } from "./messages.js";
import { methodDefinition } from "./service-definition.js";
import { callsOf, explainFor, type Spokesman } from "./spokesman.js";
import { fromRpcError } from "./status.js";
import { type Encrypt, watchedCredentials } from "./watched-credentials.js";

/** A call; without a signal, one that nobody leaves. */
interface CallOptions extends Pick<Call, "origin"> {
  readonly signal?: AbortSignal | undefined;
  readonly deadlineMs?: number;
}

/** One side of a bidirectional call. Iterating `responses` throws a `ServiceError` when the call fails. */
export interface DuplexCall<I, O> {
  send(message: I): Promise<void>;
  end(): void;
  cancel(): void;
  readonly responses: AsyncIterable<O>;
}

/** What grpc.health.v1 says of a service. */
export type ServingStatus = "UNKNOWN" | "SERVING" | "NOT_SERVING" | "SERVICE_UNKNOWN";

/** One side of a call that takes a stream and answers once. */
interface UploadCall<I, O> {
  /** Resolves when the peer can take more, and also when it has answered already: nothing more is wanted then. */
  send(message: I): Promise<void>;
  end(): void;
  cancel(): void;
  /** The peer has answered, or the call has failed. */
  readonly isOver: boolean;
  /** @throws ServiceError with the peer's code and sentence. */
  readonly response: Promise<O>;
}

/** A channel to one peer. */
export class RpcClient {
  readonly address: string;
  readonly #calls: ClientCalls;
  #explain = fromRpcError;

  /** @param calls what carries them: by default a connection that is not encrypted. */
  constructor(address: string, options: ChannelOptions = {}, calls: ClientCalls = dial(address, options)) {
    this.address = address;
    this.#calls = calls;
  }

  /** The same channel, for one that calls for others. */
  as(spokesman: Spokesman): RpcClient {
    const client = new RpcClient(this.address, {}, callsOf(spokesman, this.#calls));
    client.#explain = explainFor(spokesman, this.address);
    return client;
  }

  /** @throws ServiceError with the peer's code and sentence. */
  unary<I extends DescMethod["input"], O extends DescMethod["output"]>(
    method: DescMethodUnary<I, O>,
    request: MessageInitShape<I>,
    { signal, deadlineMs, origin }: CallOptions = {},
  ): Promise<MessageShape<O>> {
    const { path, requestSerialize, responseDeserialize } = methodDefinition(method);
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(cancelled());
      const traced = traceCall(method, this.address, origin);
      const call = this.#calls.makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize,
        codecOf(method.input).create(request),
        traced.metadata,
        deadlineMs === undefined ? {} : { deadline: Date.now() + deadlineMs },
        (error, response) => {
          signal?.removeEventListener("abort", cancel);
          if (error) reject(this.#explain(error, signal?.aborted));
          else resolve(response as MessageShape<O>);
        },
      );
      const cancel = () => call.cancel();
      signal?.addEventListener("abort", cancel);
      traced.watch(call);
    });
  }

  duplex<I extends DescMethod["input"], O extends DescMethod["output"]>(
    method: DescMethodBiDiStreaming<I, O>,
    { signal, deadlineMs, origin }: CallOptions = {},
  ): DuplexCall<MessageInitShape<I>, MessageShape<O>> {
    const { path, requestSerialize, responseDeserialize } = methodDefinition(method);
    const traced = traceCall(method, this.address, origin);
    const call = this.#calls.makeBidiStreamRequest(
      path,
      requestSerialize,
      responseDeserialize,
      traced.metadata,
      deadlineMs === undefined ? {} : { deadline: Date.now() + deadlineMs },
    );
    traced.watch(call);
    const { ending, cancel } = watch(call, signal, this.#explain);
    return {
      send: (message) => write(call, ending, codecOf(method.input).create(message)),
      end: () => call.end(),
      cancel,
      responses: responses(call, ending, cancel),
    };
  }

  clientStream<I extends DescMethod["input"], O extends DescMethod["output"]>(
    method: DescMethodClientStreaming<I, O>,
    { signal, deadlineMs, origin }: CallOptions = {},
  ): UploadCall<MessageInitShape<I>, MessageShape<O>> {
    const { path, requestSerialize, responseDeserialize } = methodDefinition(method);
    let settle: (error: RpcError | null, response: unknown) => void = () => {};
    const traced = traceCall(method, this.address, origin);
    const call = this.#calls.makeClientStreamRequest(
      path,
      requestSerialize,
      responseDeserialize,
      traced.metadata,
      deadlineMs === undefined ? {} : { deadline: Date.now() + deadlineMs },
      (error, response) => settle(error, response),
    );
    traced.watch(call);
    const { ending, cancel } = watch(call, signal, this.#explain);
    const response = new Promise<MessageShape<O>>((resolve, reject) => {
      settle = (error, answer) => {
        ending.isOver = true;
        if (error) reject(this.#explain(error, ending.isOurs));
        else resolve(answer as MessageShape<O>);
      };
    });
    // Who is still sending may never come to look.
    response.catch(() => {});
    return {
      send: (message) => write(call, ending, codecOf(method.input).create(message)),
      end: () => call.end(),
      cancel,
      get isOver() {
        return ending.isOver;
      },
      response,
    };
  }

  /** A call that answers with a stream. Iterating it throws a `ServiceError` when the call fails; leaving it cancels. */
  serverStream<I extends DescMethod["input"], O extends DescMethod["output"]>(
    method: DescMethodServerStreaming<I, O>,
    request: MessageInitShape<I>,
    { signal, deadlineMs, origin }: CallOptions = {},
  ): AsyncIterable<MessageShape<O>> {
    const { path, requestSerialize, responseDeserialize } = methodDefinition(method);
    const traced = traceCall(method, this.address, origin);
    const call = this.#calls.makeServerStreamRequest(
      path,
      requestSerialize,
      responseDeserialize,
      codecOf(method.input).create(request),
      traced.metadata,
      deadlineMs === undefined ? {} : { deadline: Date.now() + deadlineMs },
    );
    traced.watch(call);
    const { ending, cancel } = watch(call, signal, this.#explain);
    return responses(call, ending, cancel);
  }

  /**
   * The health of one of the peer's services, now and at each change (grpc.health.v1 Watch).
   * @throws ServiceError UNIMPLEMENTED when the peer does not tell its health; UNAVAILABLE when it is lost.
   */
  async *watchHealth(service: string, { signal }: CallOptions = {}): AsyncGenerator<ServingStatus> {
    const { path, requestSerialize, responseDeserialize } = healthService.Watch as MethodDefinition<unknown, unknown>;
    const call = this.#calls.makeServerStreamRequest(
      path,
      requestSerialize,
      responseDeserialize,
      { service },
      new Metadata(),
      {},
    );
    const { ending, cancel } = watch(call, signal, this.#explain);
    for await (const { status } of responses<{ status: ServingStatus }>(call, ending, cancel)) yield status;
  }

  /** Whether the peer's process answers at all within so many milliseconds, be it that it knows no health. */
  answersHealth(service: string, withinMs: number): Promise<boolean> {
    const { path, requestSerialize, responseDeserialize } = healthService.Check as MethodDefinition<unknown, unknown>;
    const options = { deadline: Date.now() + withinMs };
    return new Promise((resolve) => {
      this.#calls.makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize,
        { service },
        new Metadata(),
        options,
        (error) =>
          resolve(![Code.DEADLINE_EXCEEDED, Code.UNAVAILABLE, Code.CANCELLED].includes(error?.code ?? Code.OK)),
      );
    });
  }

  /** Takes no new calls; those under way go on to their end. */
  close(): void {
    this.#calls.close();
  }
}

/** A connection for calls, made when first used and again when it is lost. @param encrypt left out, there is no TLS. */
export function dial(address: string, options: ChannelOptions, encrypt?: Encrypt): ClientCalls {
  return new GrpcClient(address, watchedCredentials(encrypt), {
    // A peer that hangs behind a live connection is noticed within 5 s, not waited for: a process that is only busy
    // answers pings, since its models run in threads of their own.
    "grpc.keepalive_time_ms": 2_000,
    "grpc.keepalive_timeout_ms": 3_000,
    "grpc.initial_reconnect_backoff_ms": 100,
    "grpc.max_reconnect_backoff_ms": 2_000,
    "grpc.max_receive_message_length": 64 * 1024 * 1024,
    // An answer with logits is twice HTTP/2's default window: it would wait in the middle for this side to say "more".
    "grpc-node.flow_control_window": 1024 * 1024,
    // Counts of every message for a debugging service that nobody serves.
    "grpc.enable_channelz": 0,
    ...options,
  });
}

/** Ties a call to its caller's signal, and notes how it ends. */
function watch(
  call: OpenCall,
  signal: AbortSignal | undefined,
  explain: typeof fromRpcError,
): { ending: Ending; cancel: () => void } {
  const ending: Ending = { isOver: false, isOurs: false, failure: undefined };
  const cancel = () => {
    ending.isOurs = true;
    call.cancel();
  };
  // Errors reach the caller where it reads; without a reader they must not end the process.
  call.on("error", (error: Error) => {
    ending.failure ??= isRpcError(error) ? explain(error, ending.isOurs) : error;
  });
  // Not "close": a stream that nobody reads to its end never closes.
  call.once("status", () => {
    ending.isOver = true;
    signal?.removeEventListener("abort", cancel);
  });
  signal?.addEventListener("abort", cancel);
  if (signal?.aborted) cancel();
  return { ending, cancel };
}

function cancelled(): ServiceError {
  return new ServiceError({ code: Code.CANCELLED, message: "The request was cancelled." });
}

/** What became of a call. */
interface Ending {
  isOver: boolean;
  /** This side cancelled it. */
  isOurs: boolean;
  /** While the peer reads slower than is written: when it can take more, or the call has ended. */
  drained?: Promise<void> | undefined;
  failure: Error | undefined;
}

function isRpcError(error: Error): error is RpcError {
  return "code" in error && typeof error.code === "number";
}

/** Resolves when the peer can take more, and also when the call has ended: the reader learns why. */
function write(call: WriteCall, ending: Ending, message: unknown): Promise<void> {
  if (ending.isOver || call.destroyed || call.writableEnded || call.write(message)) return Promise.resolve();
  // Many may write before the peer reads: they wait together.
  ending.drained ??= new Promise((resolve) => {
    const done = () => {
      ending.drained = undefined;
      call.off("drain", done).off("status", done).off("close", done);
      resolve();
    };
    call.on("drain", done).on("status", done).on("close", done);
  });
  return ending.drained;
}

function responses<O>(call: ReadCall, ending: Ending, cancel: () => void): AsyncIterableIterator<O> {
  return new Messages<O>(call, { failure: () => ending.failure, onLeave: cancel });
}
