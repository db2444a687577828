import type { Admission } from "../../inference/admission.js";
import { type EmbeddingRef, embeddingRef } from "../../inference/models/embedding-ref.js";
import type { PictureSet } from "../../inference/picture-set.js";
import { overloaded, ServiceError } from "../../runtime/errors.js";
import type { CallContext } from "../../runtime/grpc/serve.js";
import { holderOf, Shares } from "../../runtime/limits/shares.js";
import type { ImageStore } from "../../stores/image-store.js";
import type { Leases } from "../../stores/leases.js";
import type { PictureDeletion } from "../../stores/picture-deletion.js";
import { DeletedError } from "./deleted-error.js";
import { Elsewhere } from "./elsewhere.js";
import { EncodeFlights, type Progress } from "./encode-flights.js";
import { type EncoderObjects, encodePicture, type Flight } from "./encode-picture.js";
import { onceInCluster } from "./once-in-cluster.js";
import type { PictureSource } from "./picture-source.js";
import { findReady, type Ready } from "./ready.js";
import { Urgency, type Waiting } from "./urgency.js";

interface EncodeOnceOptions extends EncoderObjects {
  admission: Admission;
  leases: Leases;
  images: Pick<ImageStore, "delete">;
  deletion: Pick<PictureDeletion, "latest">;
  /** Uploads that may wait for another encoder's work on the same picture. */
  maxElsewhere: number;
  /** Aborts when the time to stop is over. */
  forced: AbortSignal;
  /** Told of an encode that was not needed: the same was under way in this process, or elsewhere in the cluster. */
  onSaved: (by: "process" | "cluster") => void;
  onFailed: () => void;
}

/** Who asks for an encode. */
interface Asker {
  isBulk: boolean;
  caller: string | undefined;
  tenant?: string | undefined;
}

/** Encodes: each picture once, however many ask for it at once, here and at other encoders. */
export class EncodeOnce {
  readonly #options: EncodeOnceOptions;
  readonly #flights = new EncodeFlights<Ready>();
  readonly #elsewhere: Shares;
  /** Of what is under way. */
  readonly #urgencies = new Map<string, Urgency>();

  constructor(options: EncodeOnceOptions) {
    this.#options = options;
    this.#elsewhere = new Shares(options.maxElsewhere);
  }

  isUnderWay({ key }: EmbeddingRef): boolean {
    return this.#flights.has(key);
  }

  /** Before a picture's bytes are taken. @throws ServiceError RESOURCE_EXHAUSTED, UNAVAILABLE when an encode that came now would be refused. */
  checkRoom({ isBulk, caller, tenant }: Asker): void {
    const { admission, parts } = this.#options;
    admission.check("uploads");
    const line = parts.now?.line;
    const isFull =
      this.#elsewhere.refusal(holderOf({ caller, tenant })) !== undefined ||
      line?.hasRoomFor({ urgent: !isBulk, caller, tenant }) === false;
    const hint = line?.retryAfterMs ?? 1000;
    if (isFull) throw overloaded(`Too many pictures are waiting; try again in ${hint} ms.`, hint);
  }

  /**
   * Encodes a picture, or a part of it, unless somebody already does; either way resolves when its embedding is stored.
   * @param source is asked only when this begins the encode.
   */
  async encode(
    ref: EmbeddingRef,
    waiting: Waiting,
    source: PictureSource,
    listener: (progress: Progress) => void,
    call: CallContext,
  ): Promise<Ready> {
    const { admission, onSaved } = this.#options;
    const { key } = ref;
    // A person who joins what a batch has begun does not wait as long as the batch.
    this.#urgencies.get(key)?.join(waiting);
    if (this.#flights.has(key)) {
      onSaved("process");
      call.span.note({ "maskwire.joined": true });
    } else {
      admission.check();
    }
    return this.#flights.join(key, listener, call.signal, async (report, abandoned) => {
      const { origin, span, logger } = call;
      const urgency = new Urgency(waiting);
      this.#urgencies.set(key, urgency);
      try {
        return await this.#flyUnlessDeleted(ref, source, { report, signal: abandoned, urgency, origin, span, logger });
      } finally {
        // After one that everybody has left another may be under way already.
        if (this.#urgencies.get(key) === urgency) this.#urgencies.delete(key);
      }
    });
  }

  /** Ends all that is under way with pictures of a set (K6). @returns when none of it can be kept any more. */
  end({ prefix }: PictureSet): Promise<void> {
    return this.#flights.end(prefix, new DeletedError());
  }

  /** Resolves when nothing is under way, or when the signal aborts. */
  drain(signal: AbortSignal): Promise<void> {
    return this.#flights.drain(signal);
  }

  /** What was deleted meanwhile, here or by another process, is not left where it was put. */
  async #flyUnlessDeleted(ref: EmbeddingRef, source: PictureSource, flight: Flight): Promise<Ready> {
    const { deletion, embeddings, images } = this.#options;
    const before = await deletion.latest(ref);
    const outcome = this.#fly(ref, source, flight);
    await outcome.catch(() => {});
    const isEnded = flight.signal.reason instanceof DeletedError;
    if (!isEnded && (await deletion.latest(ref)) === before) return outcome;
    await Promise.all([
      embeddings.delete(ref),
      embeddings.delete(embeddingRef({ ...ref, draft: true })),
      images.delete(ref),
    ]);
    throw new DeletedError();
  }

  async #fly(ref: EmbeddingRef, source: PictureSource, flight: Flight): Promise<Ready> {
    const { images, onFailed } = this.#options;
    try {
      return await this.#encodeOnceInCluster(ref, source, flight);
    } catch (error) {
      onFailed();
      // A file that can never be encoded need not be kept; one that was refused or cut off may be asked for again.
      if (error instanceof ServiceError && error.reason === "DAMAGED_IMAGE") await images.delete(ref);
      throw error;
    }
  }

  /** Whoever waits for another encoder's work keeps the file, and decodes it only when it is left to this one. */
  async #encodeOnceInCluster(ref: EmbeddingRef, source: PictureSource, flight: Flight): Promise<Ready> {
    const { leases, embeddings, forced, onSaved } = this.#options;
    const elsewhere = new Elsewhere(embeddings, ref, flight.report);
    let leave: (() => void) | undefined;
    const waitNoMore = () => {
      elsewhere.end();
      leave?.();
    };
    try {
      const { outcome, isOthers } = await onceInCluster<Ready>(leases, ref.key, {
        find: () => findReady(embeddings, ref),
        work: (lease) => {
          waitNoMore();
          return encodePicture(this.#options, ref, source, { ...flight, lease });
        },
        onWait: (news) => {
          leave ??= this.#elsewhere.take(holderOf(flight.origin));
          void elsewhere.hear(news);
        },
        signal: AbortSignal.any([flight.signal, forced]),
      });
      if (isOthers) onSaved("cluster");
      return outcome;
    } finally {
      waitNoMore();
    }
  }
}
