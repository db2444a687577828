import type { MessageInitShape } from "@bufbuild/protobuf";
import {
  DecoderService,
  type DescribeGraphsResponse,
  type LoadEmbeddingHeaderSchema,
  type Model,
  type PropagateRequest,
  type PropagateResponse,
  type SegmentEverythingEvent,
  type SegmentEverythingRequest,
  type SegmentRequest,
  type SegmentResult,
  type TrackMemory,
} from "../../proto/index.js";
import type { Call } from "../../services/runtime/grpc/call.js";
import type { RpcClient } from "../../services/runtime/grpc/client.js";
import { alwaysOpen, type Doorkeeper } from "../../services/runtime/overload/doorkeeper.js";
import { askEveryone } from "./ask-everyone.js";
import { DecoderLine, type LineOrigin } from "./decoder-line.js";
import { failureAt } from "./embedding-missing-error.js";
import type { PicturesToDelete } from "./encoders.js";
import { resultOf } from "./outcome.js";
import { type PeerOptions, PeerSet } from "./peer-set.js";
import { withPeers } from "./retry.js";
import { searchPeers } from "./search-peers.js";

/** One file of a model's graphs, and how large it may be. */
export interface GraphFile {
  model: string;
  sha256: string;
  maxBytes: number;
}

/** The decoder tier as the gateway uses it. */
export class Decoders {
  readonly #peers: PeerSet;
  readonly #overload: Doorkeeper;

  constructor(
    addresses: readonly string[],
    { overload = alwaysOpen, ...options }: Omit<PeerOptions, "service"> & { overload?: Doorkeeper } = {},
  ) {
    this.#overload = overload;
    this.#peers = new PeerSet(addresses, { ...options, service: DecoderService.typeName, listModels: modelsOf });
  }

  /** One prompt by itself. @throws EmbeddingMissingError; ServiceError of `DecoderService.SegmentOnce`. */
  async segmentOnce(request: SegmentRequest, call: Call): Promise<SegmentResult> {
    this.#overload.check(request.preview ? "previews" : "clicks");
    const ask = async (client: RpcClient) => {
      try {
        return resultOf(await client.unary(DecoderService.method.segmentOnce, request, call));
      } catch (error) {
        throw failureAt(client, error);
      }
    };
    return withPeers(this.#peers, { key: request.imageId, model: request.model }, call, ask, { hedge: true });
  }

  /**
   * Objects of a video's other pictures in one of them.
   * @throws EmbeddingMissingError; ServiceError of `DecoderService.Propagate`.
   */
  async propagate(request: PropagateRequest, call: Call): Promise<PropagateResponse> {
    this.#overload.check("everything");
    const ask = async (client: RpcClient) => {
      try {
        return await client.unary(DecoderService.method.propagate, request, call);
      } catch (error) {
        throw failureAt(client, error);
      }
    };
    return withPeers(this.#peers, { key: request.video || request.imageId, model: request.model }, call, ask);
  }

  /**
   * Every object of a picture. Another decoder is tried until the first event; after that a lost decoder is the caller's to
   * know, since what it had told cannot be continued elsewhere.
   * @throws EmbeddingMissingError before the first event; ServiceError of `DecoderService.SegmentEverything`.
   */
  async *everything(request: SegmentEverythingRequest, call: Call): AsyncGenerator<SegmentEverythingEvent> {
    this.#overload.check("everything");
    const { events, first } = await withPeers(
      this.#peers,
      { key: request.imageId, model: request.model },
      call,
      async (client) => {
        const stream = client.serverStream(DecoderService.method.segmentEverything, request, call);
        const iterator = stream[Symbol.asyncIterator]();
        try {
          return { events: iterator, first: await iterator.next() };
        } catch (error) {
          throw failureAt(client, error);
        }
      },
    );
    try {
      for (let next = first; !next.done; next = await events.next()) yield next.value;
    } finally {
      await events.return?.();
    }
  }

  /**
   * Gives one decoder an embedding that it has no other way to.
   * @param chunks of the embedding's record; read no further when the decoder needs no more.
   * @throws ServiceError of `DecoderService.LoadEmbedding`; whatever reading `chunks` throws.
   */
  async load(
    peer: RpcClient,
    embedding: MessageInitShape<typeof LoadEmbeddingHeaderSchema>,
    chunks: AsyncIterable<Uint8Array>,
    call: Call,
  ): Promise<void> {
    const load = peer.clientStream(DecoderService.method.loadEmbedding, call);
    try {
      await load.send({ part: { case: "header", value: embedding } });
      for await (const chunk of chunks) {
        if (load.isOver) break;
        await load.send({ part: { case: "chunk", value: chunk } });
      }
      load.end();
      await load.response;
    } finally {
      // Of no effect once it is over.
      load.cancel();
    }
  }

  /** Has a picture made ready where its prompts will go. A favour: when it fails, the first prompt does the work. */
  async prepare(image: { imageId: string; model: string }, call: Call): Promise<void> {
    const peer = this.#peers.pick(image.imageId, new Set(), image.model);
    if (!peer) return;
    const ask = (client: RpcClient) => client.unary(DecoderService.method.prepare, image, call);
    await this.#peers.run(peer, ask).catch(() => {});
  }

  /** @throws ServiceError of `DecoderService.DescribeGraphs`. */
  describeGraphs({ model }: { model: string }, call: Call): Promise<DescribeGraphsResponse> {
    const ask = (client: RpcClient) => client.unary(DecoderService.method.describeGraphs, { model }, call);
    return withPeers(this.#peers, { key: `graphs of ${model}`, model }, call, ask);
  }

  /**
   * A graph's file in chunks, from any decoder that has it: during an upgrade they differ.
   * @throws ServiceError NOT_FOUND when none has it; any other of `DecoderService.FetchGraph`.
   */
  async fetchGraph({ model, sha256, maxBytes }: GraphFile, call: Call): Promise<Buffer> {
    const ask = async (client: RpcClient) => {
      const chunks: Uint8Array[] = [];
      let bytes = 0;
      for await (const { chunk } of client.serverStream(DecoderService.method.fetchGraph, { model, sha256 }, call)) {
        bytes += chunk.byteLength;
        if (bytes > maxBytes) throw new Error(`a graph of more than ${maxBytes} bytes`);
        chunks.push(chunk);
      }
      return Buffer.concat(chunks, bytes);
    };
    return searchPeers(this.#peers, { key: `graphs of ${model}`, model }, call, ask);
  }

  /**
   * Has every decoder forget pictures of the call's tenant.
   * @returns why some did not; empty when all did.
   */
  forgetImages(images: PicturesToDelete, call: Call): Promise<unknown[]> {
    return askEveryone(this.#peers, call, (client, inTime) =>
      client.unary(DecoderService.method.forgetImages, { images }, inTime),
    );
  }

  /** A line for one session: its prompts share one stream, to the decoder that its picture hashes to. */
  openLine(origin?: LineOrigin): DecoderLine {
    return new DecoderLine(this.#peers, this.#overload, origin);
  }

  /** The models that decoders have said they serve. */
  models(): Model[] {
    return this.#peers.models();
  }

  /** The same with those of decoders that are out of reach, for work that waits for them; and whether all have said so. */
  knownModels(): { models: Model[]; areAll: boolean } {
    return this.#peers.knownModels();
  }

  /**
   * How far back a model's memory reaches. "none" where one of those who would be asked has it without: during an upgrade they differ.
   * @returns undefined while nobody serves the model.
   */
  memoryOf(model: string): TrackMemory | "none" | undefined {
    const [first, ...others] = this.#peers.entriesOf(model).map((entry) => entry?.capabilities?.memory ?? "none");
    return others.includes("none") ? "none" : first;
  }

  close(): void {
    this.#peers.close();
  }
}

const modelsOf = async (client: RpcClient, signal: AbortSignal) =>
  (await client.unary(DecoderService.method.listModels, {}, { signal })).models;
