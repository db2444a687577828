import { randomUUID } from "node:crypto";
import type { Readable } from "node:stream";
import type { MessageInitShape } from "@bufbuild/protobuf";
import {
  type EncodeEvent,
  type EncodeHeaderSchema,
  type EncodeReady,
  type EncodeRequestSchema,
  EncoderService,
  type FetchEmbeddingRequestSchema,
  type LookupImageResponse,
} from "../../proto/index.js";
import { Code, isNotFound, ServiceError } from "../../services/runtime/errors.js";
import type { DuplexCall, RpcClient } from "../../services/runtime/grpc/client.js";
import { alwaysOpen, type Doorkeeper } from "../../services/runtime/overload/doorkeeper.js";
import type { Origin } from "../../services/runtime/tracing/origin.js";
import { type PeerOptions, PeerSet } from "./peer-set.js";
import { blame, onePeer } from "./retry.js";
import { searchPeers } from "./search-peers.js";

export type EncodeProgress = Extract<EncodeEvent["event"], { case: "queued" | "encoding" }>;

type UploadHeader = MessageInitShape<typeof EncodeHeaderSchema> & { imageId: string };

/** Contract: chunks of up to 1 MiB. */
const chunkBytes = 512 * 1024;

/** The encoder tier as the gateway uses it. */
export class Encoders {
  readonly #peers: PeerSet;
  readonly #overload: Doorkeeper;

  constructor(
    addresses: readonly string[],
    { overload = alwaysOpen, ...options }: Omit<PeerOptions, "service"> & { overload?: Doorkeeper } = {},
  ) {
    this.#overload = overload;
    this.#peers = new PeerSet(addresses, { ...options, service: EncoderService.typeName });
  }

  /**
   * Has a stored picture, or a part of it, encoded, or joins the encode that is under way; at once when its embedding is there.
   * @throws ServiceError NOT_FOUND when the picture is not stored; any other of `EncoderService.Encode`.
   */
  encodeStored(
    image: MessageInitShape<typeof EncodeHeaderSchema> & { imageId: string },
    onProgress: (progress: EncodeProgress) => void,
    signal: AbortSignal,
    origin?: Origin,
  ): Promise<EncodeReady> {
    const ask = async (client: RpcClient) => {
      const call = client.duplex(EncoderService.method.encode, { signal, origin });
      await call.send({ part: { case: "header", value: image } });
      call.end();
      return lastEvent(call.responses, onProgress);
    };
    return searchPeers(this.#peers, image.imageId, signal, ask, isLostCache);
  }

  /**
   * A finished embedding's record in chunks. Leaving the loop over them cancels the call.
   * @throws ServiceError NOT_FOUND when no encoder has it; any other of `EncoderService.FetchEmbedding`.
   */
  async *fetchEmbedding(
    embedding: MessageInitShape<typeof FetchEmbeddingRequestSchema> & { imageId: string },
    signal: AbortSignal,
    origin?: Origin,
  ): AsyncGenerator<Uint8Array> {
    const ask = async (client: RpcClient) => {
      const stream = client.serverStream(EncoderService.method.fetchEmbedding, embedding, { signal, origin });
      const iterator = stream[Symbol.asyncIterator]();
      return { chunks: iterator, first: await iterator.next() };
    };
    const { chunks, first } = await searchPeers(this.#peers, embedding.imageId, signal, ask);
    try {
      for (let next = first; !next.done; next = await chunks.next()) yield next.value.chunk;
    } finally {
      await chunks.return?.();
    }
  }

  /**
   * Uploads a picture while it arrives and has it encoded. Not repeated when an encoder is lost: the bytes are gone.
   * @param header with the picture's id where that is known: the picture's own encoder then gets it, and needs no byte of
   *   what it has already.
   * @param bytes destroyed when the call is over, read to its end or not.
   * @throws ServiceError of `EncoderService.Encode`; whatever reading `bytes` throws.
   */
  async encodeUpload(
    bytes: Readable,
    header: UploadHeader,
    onProgress: (progress: EncodeProgress) => void,
    signal: AbortSignal,
    origin?: Origin,
  ): Promise<EncodeReady> {
    const peer = await this.#peerOf(header, signal).catch((error: unknown) => {
      bytes.destroy();
      throw error;
    });
    const { client } = peer;
    const call = client.duplex(EncoderService.method.encode, { signal, origin });
    let broken: { error: unknown } | undefined;
    sendUpload(call, bytes, header).catch((error: unknown) => {
      broken = { error };
      call.cancel();
    });
    try {
      return await this.#peers.run(peer, () => lastEvent(call.responses, onProgress));
    } catch (error) {
      // A broken upload ends the call; the upload's own error is the one to tell.
      if (broken) throw broken.error;
      if (!(error instanceof ServiceError && error.shouldRetry())) throw error;
      blame(this.#peers, peer, client, error);
      const message = "The picture's encoder cannot be reached; upload it again shortly.";
      throw new ServiceError({ code: error.code, message, retryAfterMs: error.retryAfterMs ?? 1000, cause: error });
    } finally {
      // Ends the sending too: after an early answer the rest is not wanted.
      bytes.destroy();
    }
  }

  /** @throws ServiceError of `EncoderService.LookupImage`. */
  async lookup(imageId: string, model: string, signal: AbortSignal, origin?: Origin): Promise<LookupImageResponse> {
    let nothing: LookupImageResponse | undefined;
    const ask = async (client: RpcClient) => {
      const found = await client.unary(EncoderService.method.lookupImage, { imageId, model }, { signal, origin });
      if (found.image || !found.cacheLost) return found;
      nothing = found;
      throw new ServiceError({ code: Code.NOT_FOUND, message: "Not known here.", reason: "CACHE_LOST" });
    };
    return searchPeers(this.#peers, imageId, signal, ask, isLostCache).catch((error: unknown) => {
      if (nothing && isLostCache(error)) return nothing;
      throw error;
    });
  }

  close(): void {
    this.#peers.close();
  }

  async #peerOf({ imageId }: UploadHeader, signal: AbortSignal) {
    this.#overload.check("uploads");
    // Where the bytes' digest is not known yet any encoder will do, and each gets its share.
    return onePeer(this.#peers, imageId || randomUUID(), signal);
  }
}

/** R8 */
const isLostCache = (error: unknown) => isNotFound(error) && error.reason === "CACHE_LOST";

/** Header, chunks, end. Throws what reading `bytes` throws. */
async function sendUpload(
  call: DuplexCall<MessageInitShape<typeof EncodeRequestSchema>, EncodeEvent>,
  bytes: Readable,
  header: UploadHeader,
): Promise<void> {
  await call.send({ part: { case: "header", value: header } });
  for await (const piece of bytes as AsyncIterable<Uint8Array>) {
    for (let at = 0; at < piece.byteLength; at += chunkBytes) {
      await call.send({ part: { case: "chunk", value: piece.subarray(at, at + chunkBytes) } });
    }
  }
  call.end();
}

async function lastEvent(
  events: AsyncIterable<EncodeEvent>,
  onProgress: (progress: EncodeProgress) => void,
): Promise<EncodeReady> {
  for await (const { event } of events) {
    if (event.case === "ready") return event.value;
    if (event.case) onProgress(event);
  }
  throw new ServiceError({
    code: Code.UNAVAILABLE,
    message: "The encoder ended without an answer.",
    retryAfterMs: 500,
  });
}
