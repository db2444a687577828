import type { SegmentRequest, SegmentResult } from "../../proto/index.js";
import type { Call } from "../../services/runtime/grpc/call.js";
import type { RpcClient } from "../../services/runtime/grpc/client.js";
import type { Doorkeeper } from "../../services/runtime/overload/doorkeeper.js";
import type { Origin } from "../../services/runtime/tracing/origin.js";
import { failureAt } from "./embedding-missing-error.js";
import type { PeerSet } from "./peer-set.js";
import { PromptStream } from "./prompt-stream.js";
import { withPeers } from "./retry.js";

/** Whom all prompts of a line are for; each carries its own trace context. */
export type LineOrigin = Pick<Origin, "session" | "caller" | "tenant">;

/**
 * One session's stream of prompts. Follows the picture to its decoder, and to the next when that one is lost, silent or too
 * busy; what is under way at the one before goes on to its end.
 */
export class DecoderLine {
  readonly #peers: PeerSet;
  readonly #overload: Doorkeeper;
  readonly #streams = new Map<RpcClient, PromptStream>();
  readonly #origin: LineOrigin | undefined;
  #latest: PromptStream | undefined;

  constructor(peers: PeerSet, overload: Doorkeeper, origin?: LineOrigin) {
    this.#peers = peers;
    this.#overload = overload;
    this.#origin = origin;
  }

  /** @throws EmbeddingMissingError; ServiceError as `DecoderService.SegmentOnce`, CANCELLED when the signal aborts. */
  async segment(request: SegmentRequest, call: Call): Promise<SegmentResult> {
    this.#overload.check(request.preview ? "previews" : "clicks");
    const ask = (client: RpcClient) => this.#ask(client, request, call);
    return withPeers(this.#peers, toOf(request), call, ask, { hedge: true });
  }

  /** Cancels what is under way, at the decoders too. */
  close(): void {
    for (const stream of this.#streams.values()) stream.close();
    this.#streams.clear();
    this.#latest = undefined;
  }

  async #ask(client: RpcClient, request: SegmentRequest, call: Call): Promise<SegmentResult> {
    const stream = this.#streamTo(client);
    try {
      return await stream.segment(request, call);
    } catch (error) {
      throw failureAt(client, error);
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

const toOf = ({ imageId, model }: SegmentRequest) => ({ key: imageId, model });
