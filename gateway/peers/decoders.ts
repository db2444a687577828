import type { MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import {
  DecoderService,
  type DescribeGraphsResponse,
  type Error as ErrorMessage,
  type LoadEmbeddingHeaderSchema,
  type SegmentEverythingEvent,
  type SegmentEverythingRequest,
  type SegmentRequest,
  type SegmentResult,
} from "../../proto/index.js";
import { Code, isNotFound, type Reason, ServiceError } from "../../services/runtime/errors.js";
import { rpcAttributes, spanName } from "../../services/runtime/grpc/call-origin.js";
import type { DuplexCall, RpcClient } from "../../services/runtime/grpc/client.js";
import { alwaysOpen, type Doorkeeper } from "../../services/runtime/overload/doorkeeper.js";
import type { Origin } from "../../services/runtime/tracing/origin.js";
import { noSpan, type Span, startSpan } from "../../services/runtime/tracing/spans.js";
import { EmbeddingMissingError } from "./embedding-missing-error.js";
import { type PeerOptions, PeerSet } from "./peer-set.js";
import { withPeers } from "./retry.js";
import { searchPeers } from "./search-peers.js";

/** The decoder tier as the gateway uses it. */
export class Decoders {
  readonly #peers: PeerSet;
  readonly #overload: Doorkeeper;

  constructor(
    addresses: readonly string[],
    { overload = alwaysOpen, ...options }: Omit<PeerOptions, "service"> & { overload?: Doorkeeper } = {},
  ) {
    this.#overload = overload;
    this.#peers = new PeerSet(addresses, { ...options, service: DecoderService.typeName });
  }

  /** One prompt by itself. @throws EmbeddingMissingError; ServiceError of `DecoderService.SegmentOnce`. */
  async segmentOnce(request: SegmentRequest, signal: AbortSignal, origin?: Origin): Promise<SegmentResult> {
    this.#overload.check(request.preview ? "previews" : "clicks");
    const ask = (client: RpcClient) =>
      namingPeer(client, async () => {
        const { outcome } = await client.unary(DecoderService.method.segmentOnce, request, { signal, origin });
        if (outcome.case === "result") return outcome.value;
        throw noResult();
      });
    return withPeers(this.#peers, request.imageId, signal, ask, { hedge: true });
  }

  /**
   * Every object of a picture. Another decoder is tried until the first event; after that a lost decoder is the caller's to
   * know, since what it had told cannot be continued elsewhere.
   * @throws EmbeddingMissingError before the first event; ServiceError of `DecoderService.SegmentEverything`.
   */
  async *everything(
    request: SegmentEverythingRequest,
    signal: AbortSignal,
    origin?: Origin,
  ): AsyncGenerator<SegmentEverythingEvent> {
    this.#overload.check("everything");
    const { events, first } = await withPeers(this.#peers, request.imageId, signal, async (client) => {
      const stream = client.serverStream(DecoderService.method.segmentEverything, request, { signal, origin });
      const iterator = stream[Symbol.asyncIterator]();
      return { events: iterator, first: await namingPeer(client, () => iterator.next()) };
    });
    try {
      for (let next = first; !next.done; next = await events.next()) yield next.value;
    } finally {
      await events.return?.();
    }
  }

  /**
   * Gives one decoder an embedding that it has no other way to.
   * @param chunks of its record; read no further when the decoder needs no more.
   * @throws ServiceError of `DecoderService.LoadEmbedding`; whatever reading `chunks` throws.
   */
  async load(
    peer: RpcClient,
    embedding: MessageInitShape<typeof LoadEmbeddingHeaderSchema>,
    chunks: AsyncIterable<Uint8Array>,
    signal: AbortSignal,
    origin?: Origin,
  ): Promise<void> {
    const call = peer.clientStream(DecoderService.method.loadEmbedding, { signal, origin });
    try {
      await call.send({ part: { case: "header", value: embedding } });
      for await (const chunk of chunks) {
        if (call.isOver) break;
        await call.send({ part: { case: "chunk", value: chunk } });
      }
      call.end();
      await call.response;
    } finally {
      // Of no effect once it is over.
      call.cancel();
    }
  }

  /** Has a picture made ready where its prompts will go. A favour: when it fails, the first prompt does the work. */
  async prepare(image: { imageId: string; model: string }, signal: AbortSignal, origin?: Origin): Promise<void> {
    const peer = this.#peers.pick(image.imageId, new Set());
    if (!peer) return;
    const ask = (client: RpcClient) => client.unary(DecoderService.method.prepare, image, { signal, origin });
    await this.#peers.run(peer, ask).catch(() => {});
  }

  /** @throws ServiceError of `DecoderService.DescribeGraphs`. */
  describeGraphs(model: string, signal: AbortSignal): Promise<DescribeGraphsResponse> {
    const ask = (client: RpcClient) => client.unary(DecoderService.method.describeGraphs, { model }, { signal });
    return withPeers(this.#peers, `graphs of ${model}`, signal, ask);
  }

  /**
   * A graph's file in chunks, from any decoder that has it: during an upgrade they differ.
   * @throws ServiceError NOT_FOUND when none has it; any other of `DecoderService.FetchGraph`.
   */
  async fetchGraph(model: string, sha256: string, maxBytes: number, signal: AbortSignal): Promise<Buffer> {
    const ask = async (client: RpcClient) => {
      const chunks: Uint8Array[] = [];
      let bytes = 0;
      for await (const { chunk } of client.serverStream(
        DecoderService.method.fetchGraph,
        { model, sha256 },
        { signal },
      )) {
        bytes += chunk.byteLength;
        if (bytes > maxBytes) throw new Error(`a graph of more than ${maxBytes} bytes`);
        chunks.push(chunk);
      }
      return Buffer.concat(chunks, bytes);
    };
    return searchPeers(this.#peers, `graphs of ${model}`, signal, ask);
  }

  /** A line for one session: its prompts share one stream, to the decoder that its picture hashes to. */
  openLine(origin?: Pick<Origin, "session" | "caller">): DecoderLine {
    return new DecoderLine(this.#peers, this.#overload, origin);
  }

  close(): void {
    this.#peers.close();
  }
}

/** A decoder that has no embedding is the one to be given it. */
async function namingPeer<T>(client: RpcClient, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (isNotFound(error)) throw new EmbeddingMissingError(client, error);
    throw error;
  }
}

function toServiceError({ code, message, retryAfterMs, reason }: ErrorMessage): ServiceError {
  return new ServiceError({
    // The contract's numbers are gRPC's.
    code: code as number as Code,
    message,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(reason === "" ? {} : { reason: reason as Reason }),
  });
}

const noResult = () => new ServiceError({ code: Code.INTERNAL, message: "The decoder answered without a result." });

type Waiting = { resolve: (result: SegmentResult) => void; reject: (error: unknown) => void };

/**
 * One session's stream of prompts. Follows the picture to its decoder, and to the next when that one is lost, silent or too
 * busy; what is under way at the one before goes on to its end.
 */
export class DecoderLine {
  readonly #peers: PeerSet;
  readonly #overload: Doorkeeper;
  readonly #streams = new Map<RpcClient, PromptStream>();
  readonly #origin: Pick<Origin, "session" | "caller"> | undefined;
  #latest: PromptStream | undefined;

  constructor(peers: PeerSet, overload: Doorkeeper, origin?: Pick<Origin, "session" | "caller">) {
    this.#peers = peers;
    this.#overload = overload;
    this.#origin = origin;
  }

  /** @throws EmbeddingMissingError; ServiceError as `DecoderService.SegmentOnce`, CANCELLED when the signal aborts. */
  async segment(request: SegmentRequest, signal: AbortSignal): Promise<SegmentResult> {
    this.#overload.check(request.preview ? "previews" : "clicks");
    const ask = (client: RpcClient) => this.#ask(client, request, signal);
    return withPeers(this.#peers, request.imageId, signal, ask, { hedge: true });
  }

  /** Cancels what is under way, at the decoders too. */
  close(): void {
    for (const stream of this.#streams.values()) stream.close();
    this.#streams.clear();
    this.#latest = undefined;
  }

  async #ask(client: RpcClient, request: SegmentRequest, signal: AbortSignal): Promise<SegmentResult> {
    const stream = this.#streamTo(client);
    try {
      return await namingPeer(client, () => stream.segment(request, signal));
    } finally {
      if (stream !== this.#latest) this.#leave(stream);
    }
  }

  #streamTo(client: RpcClient): PromptStream {
    const before = this.#latest;
    if (before?.client === client && !before.isOver) return before;
    let stream = this.#streams.get(client);
    if (!stream || stream.isOver) {
      stream = new PromptStream(client, this.#origin);
      this.#streams.set(client, stream);
    }
    this.#latest = stream;
    if (before) this.#leave(before);
    return stream;
  }

  #leave(stream: PromptStream): void {
    if (stream.isBusy) return;
    stream.close();
    if (this.#streams.get(stream.client) === stream) this.#streams.delete(stream.client);
  }
}

const segmentMethod = DecoderService.method.segment;
type SegmentMethod = typeof segmentMethod;

/** The wait for one decoder: each try has its own. */
function tracePrompt(address: string, parent: string): Span {
  if (!parent) return noSpan;
  const attributes = { ...rpcAttributes(segmentMethod), "server.address": address };
  return startSpan(spanName(segmentMethod), { kind: "client", parent, attributes });
}

/** One `DecoderService.Segment` call; answers find their prompt by number. */
class PromptStream {
  readonly client: RpcClient;
  readonly #call: DuplexCall<MessageInitShape<SegmentMethod["input"]>, MessageShape<SegmentMethod["output"]>>;
  readonly #waiting = new Map<number, Waiting>();
  #nextSequence = 1;
  isOver = false;

  constructor(client: RpcClient, origin: Pick<Origin, "session" | "caller"> | undefined) {
    this.client = client;
    this.#call = client.duplex(DecoderService.method.segment, { origin });
    this.#read();
  }

  get isBusy(): boolean {
    return this.#waiting.size > 0;
  }

  segment(request: SegmentRequest, signal: AbortSignal): Promise<SegmentResult> {
    // The stream's own numbers: a session may repeat one after a reconnect.
    const sequence = this.#nextSequence++;
    const span = tracePrompt(this.client.address, request.traceparent);
    return new Promise((resolve, reject) => {
      const forget = () => {
        this.#waiting.delete(sequence);
        span.end(signal.reason);
        reject(signal.reason);
      };
      signal.addEventListener("abort", forget, { once: true });
      const settle = (error?: unknown) => {
        signal.removeEventListener("abort", forget);
        span.end(error);
      };
      this.#waiting.set(sequence, {
        resolve: (result) => {
          settle();
          resolve(result);
        },
        reject: (error) => {
          settle(error);
          reject(error);
        },
      });
      this.#call.send({ ...request, sequence, traceparent: span.traceparent });
    });
  }

  close(): void {
    this.#call.cancel();
  }

  async #read(): Promise<void> {
    const message = "The decoder ended the stream.";
    let end: unknown = new ServiceError({ code: Code.UNAVAILABLE, message, retryAfterMs: 500 });
    try {
      for await (const { sequence, outcome } of this.#call.responses) {
        const waiting = this.#waiting.get(sequence);
        this.#waiting.delete(sequence);
        if (outcome.case === "result") waiting?.resolve(outcome.value);
        else waiting?.reject(outcome.case === "error" ? toServiceError(outcome.value) : noResult());
      }
    } catch (error) {
      end = error;
    }
    this.isOver = true;
    for (const { reject } of this.#waiting.values()) reject(end);
    this.#waiting.clear();
  }
}
