import { randomUUID } from "node:crypto";
import type { Readable } from "node:stream";
import type { MessageInitShape } from "@bufbuild/protobuf";
import {
  type EncodeEvent,
  type EncodeReady,
  type EncodeRequestSchema,
  EncoderService,
  type LookupImageResponse,
} from "../../proto/index.js";
import { Code, ServiceError } from "../../services/runtime/errors.js";
import type { DuplexCall } from "../../services/runtime/grpc/client.js";
import { type PeerOptions, PeerSet } from "./peer-set.js";
import { blame, onePeer, withPeers } from "./retry.js";

export type EncodeProgress = Extract<EncodeEvent["event"], { case: "queued" | "encoding" }>;

/** Contract: chunks of up to 1 MiB. */
const chunkBytes = 512 * 1024;

/** The encoder tier as the gateway uses it. */
export class Encoders {
  readonly #peers: PeerSet;

  constructor(addresses: readonly string[], options?: Omit<PeerOptions, "service">) {
    this.#peers = new PeerSet(addresses, { ...options, service: EncoderService.typeName });
  }

  /**
   * Has a stored picture, or a part of it, encoded, or joins the encode that is under way; at once when its embedding is cached.
   * @throws ServiceError NOT_FOUND when the picture is not stored; any other of `EncoderService.Encode`.
   */
  encodeStored(
    image: { imageId: string; model: string; crop?: { x: number; y: number; width: number; height: number } },
    onProgress: (progress: EncodeProgress) => void,
    signal: AbortSignal,
  ): Promise<EncodeReady> {
    return withPeers(this.#peers, image.imageId, signal, async (client) => {
      const call = client.duplex(EncoderService.method.encode, { signal });
      await call.send({ part: { case: "header", value: image } });
      call.end();
      return lastEvent(call.responses, onProgress);
    });
  }

  /**
   * Uploads a picture while it arrives and has it encoded. Not repeated when an encoder is lost: the bytes are gone.
   * @param bytes destroyed when the call is over, read to its end or not.
   * @throws ServiceError of `EncoderService.Encode`; whatever reading `bytes` throws.
   */
  async encodeUpload(
    bytes: Readable,
    model: string,
    onProgress: (progress: EncodeProgress) => void,
    signal: AbortSignal,
  ): Promise<EncodeReady> {
    // The bytes' digest is not known yet: any encoder will do, and each gets its share.
    const peer = await onePeer(this.#peers, randomUUID(), signal).catch((error: unknown) => {
      bytes.destroy();
      throw error;
    });
    const { client } = peer;
    const call = client.duplex(EncoderService.method.encode, { signal });
    let broken: { error: unknown } | undefined;
    sendUpload(call, bytes, model).catch((error: unknown) => {
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

  lookup(imageId: string, model: string, signal: AbortSignal): Promise<LookupImageResponse> {
    return withPeers(this.#peers, imageId, signal, (client) =>
      client.unary(EncoderService.method.lookupImage, { imageId, model }, { signal }),
    );
  }

  close(): void {
    this.#peers.close();
  }
}

/** Header, chunks, end. Throws what reading `bytes` throws. */
async function sendUpload(
  call: DuplexCall<MessageInitShape<typeof EncodeRequestSchema>, EncodeEvent>,
  bytes: Readable,
  model: string,
): Promise<void> {
  await call.send({ part: { case: "header", value: { model } } });
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
