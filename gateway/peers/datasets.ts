import { randomUUID } from "node:crypto";
import type {
  DescMethod,
  DescMethodClientStreaming,
  DescMethodServerStreaming,
  DescMethodUnary,
  MessageInitShape,
  MessageShape,
} from "@bufbuild/protobuf";
import { MethodOptions_IdempotencyLevel as Idempotency } from "@bufbuild/protobuf/wkt";
import { DatasetService } from "../../proto/index.js";
import { mayRetry, ServiceError } from "../../services/runtime/errors.js";
import type { Call } from "../../services/runtime/grpc/call.js";
import type { RpcClient } from "../../services/runtime/grpc/client.js";
import { type PeerOptions, PeerSet } from "./peer-set.js";
import { onePeer, withPeers } from "./retry.js";
import { blame } from "./tier-request.js";

/** What is done twice when it is asked twice. */
const isOnce = ({ idempotency }: DescMethod) => idempotency === Idempotency.IDEMPOTENCY_UNKNOWN;

/**
 * The tier of data sets as the gateway uses it. All of its servers ask the same database, so that any of them will do: requests
 * are spread by chance.
 */
export class Datasets {
  readonly #peers: PeerSet;

  constructor(addresses: readonly string[], options: Omit<PeerOptions, "service"> = {}) {
    this.#peers = new PeerSet(addresses, { ...options, service: DatasetService.typeName });
  }

  /** Sent again where that is safe (R11). @throws ServiceError of the method. */
  unary<I extends DescMethod["input"], O extends DescMethod["output"]>(
    method: DescMethodUnary<I, O>,
    request: MessageInitShape<I>,
    call: Call,
  ): Promise<MessageShape<O>> {
    const ask = (client: RpcClient) => client.unary(method, request, call);
    return withPeers(this.#peers, randomUUID(), call, ask, { once: isOnce(method) });
  }

  /**
   * Another server is tried until the first message. Leaving the loop over them cancels the call.
   * @throws ServiceError of the method.
   */
  async *stream<I extends DescMethod["input"], O extends DescMethod["output"]>(
    method: DescMethodServerStreaming<I, O>,
    request: MessageInitShape<I>,
    call: Call,
  ): AsyncGenerator<MessageShape<O>> {
    const { messages, first } = await withPeers(this.#peers, randomUUID(), call, async (client) => {
      const iterator = client.serverStream(method, request, call)[Symbol.asyncIterator]();
      return { messages: iterator, first: await iterator.next() };
    });
    try {
      for (let next = first; !next.done; next = await messages.next()) yield next.value;
    } finally {
      await messages.return?.();
    }
  }

  /**
   * Sends messages as they come. Not repeated when a server is lost: they are gone.
   * @throws ServiceError of the method; whatever reading the messages throws.
   */
  async send<I extends DescMethod["input"], O extends DescMethod["output"]>(
    method: DescMethodClientStreaming<I, O>,
    messages: AsyncIterable<MessageInitShape<I>>,
    call: Call,
  ): Promise<MessageShape<O>> {
    const peer = await onePeer(this.#peers, randomUUID(), call);
    const { client } = peer;
    const sending = client.clientStream(method, call);
    let broken: { error: unknown } | undefined;
    const sendAll = async () => {
      for await (const message of messages) {
        // It has answered: nothing more is wanted.
        if (sending.isOver) return;
        await sending.send(message);
      }
      sending.end();
    };
    sendAll().catch((error: unknown) => {
      broken = { error };
      sending.cancel();
    });
    try {
      return await this.#peers.run(peer, () => sending.response);
    } catch (error) {
      // What was to be sent has failed, which ends the call; its own error is the one to tell.
      if (broken) throw broken.error;
      if (mayRetry(error)) blame(this.#peers, peer, client, error);
      throw error instanceof ServiceError && mayRetry(error) ? sendAgain(error) : error;
    }
  }

  close(): void {
    this.#peers.close();
  }
}

function sendAgain(cause: ServiceError): ServiceError {
  const message = "The server was lost before all of it had come; send it again shortly.";
  return new ServiceError({ code: cause.code, message, retryAfterMs: cause.retryAfterMs ?? 1000, cause });
}
