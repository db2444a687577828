import { EncodePriority, type ImageInfo } from "../../proto/index.js";
import { Code, isNotFound, ServiceError } from "../../services/runtime/errors.js";
import type { AskCall } from "../ask/answer.js";
import type { Ask } from "../ask/ask.js";

/** Has the frames of a video encoded, behind the pictures that people wait for, a few before their turn. */
export class FramesAhead {
  readonly #ask: Pick<Ask, "openImage">;
  readonly #model: string;
  readonly #call: AskCall;
  readonly #begun = new Map<number, Promise<ImageInfo>>();

  /** @param call of the whole video: what was begun ahead goes on when a run ends. */
  constructor(ask: Pick<Ask, "openImage">, model: string, call: AskCall) {
    this.#ask = ask;
    this.#model = model;
    this.#call = call;
  }

  /**
   * Resolves when that frame is encoded. @param next those that come after it, the nearest first.
   * @throws FramesGoneError when it is not stored; as `Ask.openImage`.
   */
  async ready(imageIds: readonly string[], frame: number, next: readonly number[] = []): Promise<ImageInfo> {
    const own = this.#begin(imageIds, frame);
    for (const one of next) this.#begin(imageIds, one);
    try {
      return await own;
    } finally {
      // Asked once more it is looked at once more.
      this.#begun.delete(frame);
    }
  }

  /** The same by itself. @param priority left out, a person waits for it. */
  open(imageId: string, frame: number, call: AskCall, priority?: EncodePriority): Promise<ImageInfo> {
    return openFrame(this.#ask, { imageId, model: this.#model }, frame, call, priority);
  }

  #begin(imageIds: readonly string[], frame: number): Promise<ImageInfo> {
    const begun = this.#begun.get(frame) ?? this.open(imageIds[frame] ?? "", frame, this.#call, EncodePriority.BULK);
    this.#begun.set(frame, begun);
    // What has failed is begun once more by whoever comes to it.
    begun.catch(() => {
      if (this.#begun.get(frame) === begun) this.#begun.delete(frame);
    });
    return begun;
  }
}

async function openFrame(
  ask: Pick<Ask, "openImage">,
  picture: { imageId: string; model: string },
  frame: number,
  call: AskCall,
  priority: EncodePriority | undefined,
): Promise<ImageInfo> {
  try {
    const { image } = await ask.openImage({ ...picture, ...(priority === undefined ? {} : { priority }) }, call);
    if (!image) throw new Error("an encode that is ready says nothing of its picture");
    return image;
  } catch (error) {
    if (isNotFound(error)) throw new FramesGoneError([{ frame, imageId: picture.imageId }], error);
    throw error;
  }
}

/** Frames that nobody has: their owner can upload them again. */
export class FramesGoneError extends ServiceError {
  readonly frames: readonly number[];

  /** @param gone at least one. */
  constructor(gone: readonly { readonly frame: number; readonly imageId: string }[], cause: unknown) {
    const names = gone.map(({ frame, imageId }) => `${frame} (${imageId})`);
    const message =
      names.length > 1
        ? `Frames ${names.join(", ")} are not stored here; upload them.`
        : `Frame ${names[0]} is not stored here; upload it.`;
    super({ code: Code.NOT_FOUND, message, cause });
    this.frames = gone.map(({ frame }) => frame);
  }
}
