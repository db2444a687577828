import { randomUUID } from "node:crypto";
import type { Readable } from "node:stream";
import type { MessageInitShape } from "@bufbuild/protobuf";
import {
  type CutOutRequestSchema,
  type EncodeEvent,
  type EncodeHeaderSchema,
  EncodePriority,
  type EncodeReady,
  type EncodeRequestSchema,
  EncoderService,
  type FetchEmbeddingRequestSchema,
  type GroundRequestSchema,
  type GroundResponse,
  type ListDetectorsResponse,
  type LookupImageResponse,
  type Model,
} from "../../proto/index.js";
import { Code, isNotFound, mayRetry, ServiceError } from "../../services/runtime/errors.js";
import type { Call } from "../../services/runtime/grpc/call.js";
import type { DuplexCall, RpcClient } from "../../services/runtime/grpc/client.js";
import { alwaysOpen, type Doorkeeper } from "../../services/runtime/overload/doorkeeper.js";
import { askEveryone } from "./ask-everyone.js";
import { type PeerOptions, PeerSet } from "./peer-set.js";
import { onePeer, withPeers } from "./retry.js";
import { searchPeers } from "./search-peers.js";
import { blame, type Destination } from "./tier-request.js";

export type EncodeProgress = Exclude<EncodeEvent["event"], { case: "ready" | undefined }>;

/** A call that has a picture encoded, and who wants to hear how far that is. */
export interface EncodeCall extends Call {
  readonly onProgress?: (progress: EncodeProgress) => void;
}

type Header = MessageInitShape<typeof EncodeHeaderSchema> & { imageId: string };

export interface Upload {
  /**
   * With the picture's id where that is known: the picture's own encoder then gets it, and needs no byte of what it has
   * already.
   */
  readonly header: Header;
  /** Destroyed when the call is over, read to its end or not. */
  readonly bytes: Readable;
  /** What the sender says of their number, where it does. */
  readonly announcedBytes?: number;
  /** How many have come by now. */
  readonly arrivedBytes?: () => number;
}

export type PictureToCut = MessageInitShape<typeof CutOutRequestSchema> & { imageId: string };

/** One picture, or all of a tenant's. */
export type PicturesToDelete = { case: "imageId"; value: string } | { case: "everything"; value: true };

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
    this.#peers = new PeerSet(addresses, { ...options, service: EncoderService.typeName, listModels: modelsOf });
  }

  /**
   * Has a stored picture, or a part of it, encoded, or joins the encode that is under way; at once when its embedding is there.
   * @throws ServiceError NOT_FOUND when the picture is not stored; any other of `EncoderService.Encode`.
   */
  encodeStored(image: Header, call: EncodeCall): Promise<EncodeReady> {
    const ask = async (client: RpcClient) => {
      const encode = client.duplex(EncoderService.method.encode, call);
      await encode.send({ part: { case: "header", value: image } });
      encode.end();
      return lastEvent(encode.responses, call);
    };
    return searchPeers(this.#peers, { key: image.imageId, model: image.model ?? "" }, call, ask, isLostCache);
  }

  /**
   * Has a part of a stored picture encoded when no person waits for another (O1: refused as previews are).
   * @throws ServiceError as `encodeStored`; RESOURCE_EXHAUSTED of this gateway.
   */
  async encodePart(part: Header, call: EncodeCall): Promise<EncodeReady> {
    this.#overload.check("previews");
    return this.encodeStored({ ...part, priority: EncodePriority.BULK }, call);
  }

  /**
   * A finished embedding's record in chunks. Leaving the loop over them cancels the call.
   * @throws ServiceError NOT_FOUND when no encoder has it; any other of `EncoderService.FetchEmbedding`.
   */
  fetchEmbedding(
    embedding: MessageInitShape<typeof FetchEmbeddingRequestSchema> & { imageId: string },
    call: Call,
  ): AsyncGenerator<Uint8Array> {
    const to = { key: embedding.imageId, model: embedding.model ?? "" };
    return this.#chunks(to, call, (client) =>
      client.serverStream(EncoderService.method.fetchEmbedding, embedding, call),
    );
  }

  /**
   * What is within a mask of a stored picture, as a PNG file in chunks. Leaving the loop over them cancels the call.
   * @throws ServiceError NOT_FOUND when no encoder has the picture; any other of `EncoderService.CutOut`.
   */
  cutOut(cut: PictureToCut, call: Call): AsyncGenerator<Uint8Array> {
    const ask = (client: RpcClient) => client.serverStream(EncoderService.method.cutOut, cut, call);
    return this.#chunks({ key: cut.imageId, model: "" }, call, ask);
  }

  async *#chunks(
    to: Destination,
    call: Call,
    ask: (client: RpcClient) => AsyncIterable<{ chunk: Uint8Array }>,
  ): AsyncGenerator<Uint8Array> {
    const { chunks, first } = await searchPeers(this.#peers, to, call, async (client) => {
      const iterator = ask(client)[Symbol.asyncIterator]();
      return { chunks: iterator, first: await iterator.next() };
    });
    try {
      for (let next = first; !next.done; next = await chunks.next()) yield next.value.chunk;
    } finally {
      await chunks.return?.(undefined);
    }
  }

  /**
   * Uploads a picture while it arrives and has it encoded. Not repeated when an encoder is lost: the bytes are gone.
   * @throws ServiceError of `EncoderService.Encode`; whatever reading the bytes throws.
   */
  async encodeUpload(upload: Upload, call: EncodeCall): Promise<EncodeReady> {
    const { bytes } = upload;
    try {
      return await this.#sendUpload(upload, call);
    } finally {
      // Ends the sending too: after an early answer the rest is not wanted.
      bytes.destroy();
    }
  }

  /** @throws ServiceError of `EncoderService.LookupImage`. */
  async lookup(image: { imageId: string; model: string }, call: Call): Promise<LookupImageResponse> {
    let nothing: LookupImageResponse | undefined;
    const ask = async (client: RpcClient) => {
      const found = await client.unary(EncoderService.method.lookupImage, image, call);
      if (found.image || !found.cacheLost) return found;
      nothing = found;
      throw new ServiceError({ code: Code.NOT_FOUND, message: "Not known here.", reason: "CACHE_LOST" });
    };
    return searchPeers(this.#peers, { key: image.imageId, model: image.model ?? "" }, call, ask, isLostCache).catch(
      (error: unknown) => {
        if (nothing && isLostCache(error)) return nothing;
        throw error;
      },
    );
  }

  /** Boxes of what words name in a stored picture. @throws ServiceError of `EncoderService.Ground`. */
  ground(
    request: MessageInitShape<typeof GroundRequestSchema> & { imageId: string },
    call: Call,
  ): Promise<GroundResponse> {
    const ask = (client: RpcClient) => client.unary(EncoderService.method.ground, request, call);
    return searchPeers(this.#peers, { key: request.imageId }, call, ask, isLostCache);
  }

  /** What understands words at an encoder: all have the same. @throws ServiceError of `EncoderService.ListDetectors`. */
  listDetectors(call: Call): Promise<ListDetectorsResponse> {
    return withPeers(this.#peers, "", call, (client) => client.unary(EncoderService.method.listDetectors, {}, call));
  }

  /**
   * Has every encoder let go of pictures of the call's tenant.
   * @returns why some did not; empty when all did.
   */
  deleteImages(images: PicturesToDelete, call: Call): Promise<unknown[]> {
    return askEveryone(this.#peers, call, (client, inTime) =>
      client.unary(EncoderService.method.deleteImages, { images }, inTime),
    );
  }

  /** Has an encoder delete them in the shared cache. @throws ServiceError of `EncoderService.DeleteImages`. */
  async deleteShared(images: PicturesToDelete, call: Call): Promise<void> {
    const key = images.case === "imageId" ? images.value : "";
    await withPeers(this.#peers, key, call, (client) =>
      client.unary(EncoderService.method.deleteImages, { images, shared: true }, call),
    );
  }

  /** The models that encoders have said they serve. */
  models(): Model[] {
    return this.#peers.models();
  }

  /** The same with those of encoders that are out of reach, for work that waits for them; and whether all have said so. */
  knownModels(): { models: Model[]; areAll: boolean } {
    return this.#peers.knownModels();
  }

  close(): void {
    this.#peers.close();
  }

  async #sendUpload({ bytes, header }: Upload, call: EncodeCall): Promise<EncodeReady> {
    this.#overload.check("uploads");
    // Where the bytes' digest is not known yet any encoder will do, and each gets its share.
    const peer = await onePeer(this.#peers, { key: header.imageId || randomUUID(), model: header.model ?? "" }, call);
    const { client } = peer;
    const encode = client.duplex(EncoderService.method.encode, call);
    let broken: { error: unknown } | undefined;
    sendPicture(encode, bytes, header).catch((error: unknown) => {
      broken = { error };
      encode.cancel();
    });
    try {
      return await this.#peers.run(peer, () => lastEvent(encode.responses, call));
    } catch (error) {
      // A broken upload ends the call; the upload's own error is the one to tell.
      if (broken) throw broken.error;
      if (!mayRetry(error)) throw error;
      blame(this.#peers, peer, client, error);
      const message = "The picture's encoder cannot be reached; upload it again shortly.";
      throw new ServiceError({ code: error.code, message, retryAfterMs: error.retryAfterMs ?? 1000, cause: error });
    }
  }
}

/** R8 */
const isLostCache = (error: unknown) => isNotFound(error) && error.reason === "CACHE_LOST";

/** Header, chunks, end. Throws what reading `bytes` throws. */
async function sendPicture(
  encode: DuplexCall<MessageInitShape<typeof EncodeRequestSchema>, EncodeEvent>,
  bytes: Readable,
  header: Header,
): Promise<void> {
  await encode.send({ part: { case: "header", value: header } });
  for await (const piece of bytes as AsyncIterable<Uint8Array>) {
    for (let at = 0; at < piece.byteLength; at += chunkBytes) {
      await encode.send({ part: { case: "chunk", value: piece.subarray(at, at + chunkBytes) } });
    }
  }
  encode.end();
}

async function lastEvent(events: AsyncIterable<EncodeEvent>, { onProgress }: EncodeCall): Promise<EncodeReady> {
  for await (const { event } of events) {
    if (event.case === "ready") return event.value;
    if (event.case) onProgress?.(event);
  }
  throw new ServiceError({
    code: Code.UNAVAILABLE,
    message: "The encoder ended without an answer.",
    retryAfterMs: 500,
  });
}

const modelsOf = async (client: RpcClient, signal: AbortSignal) =>
  (await client.unary(EncoderService.method.listModels, {}, { signal })).models;
