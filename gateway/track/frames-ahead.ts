import { EncodePriority, type ImageInfo } from "../../proto/index.js";
import { Code, invalidArgument, isNotFound, ServiceError } from "../../services/runtime/errors.js";
import type { AskCall } from "../ask/answer.js";
import type { Ask } from "../ask/ask.js";

/** So many frames are encoded while one is looked at. */
const ahead = 2;

/** Has the frames of a video encoded, behind the pictures that people wait for, a few before their turn. */
export class FramesAhead {
  readonly #ask: Pick<Ask, "openImage">;
  readonly #video: { readonly imageIds: readonly string[]; readonly model: string };
  readonly #call: AskCall;
  readonly #begun = new Map<number, Promise<ImageInfo>>();
  #size: ImageInfo | undefined;

  constructor(ask: Pick<Ask, "openImage">, video: { imageIds: readonly string[]; model: string }, call: AskCall) {
    this.#ask = ask;
    this.#video = video;
    this.#call = call;
  }

  /** Pixels of all frames, once one is encoded. */
  get size(): ImageInfo | undefined {
    return this.#size;
  }

  /**
   * Resolves when that frame is encoded. @param next those that come after it, the nearest first.
   * @throws ServiceError NOT_FOUND when it is not stored, INVALID_ARGUMENT when it has another size; as `Ask.openImage`.
   */
  async ready(frame: number, next: readonly number[] = []): Promise<ImageInfo> {
    const own = this.#begin(frame);
    for (const one of next.slice(0, ahead)) this.#begin(one);
    const image = await own;
    this.#begun.delete(frame);
    this.#size ??= image;
    const { width, height } = this.#size;
    if (image.width === width && image.height === height) return image;
    throw invalidArgument(
      `Frame ${frame} is ${image.width} x ${image.height} pixels, those before it ${width} x ${height}; a video has one size.`,
    );
  }

  #begin(frame: number): Promise<ImageInfo> {
    const begun = this.#begun.get(frame) ?? this.#encode(frame);
    this.#begun.set(frame, begun);
    // Whoever comes to it hears of it then.
    begun.catch(() => {});
    return begun;
  }

  async #encode(frame: number): Promise<ImageInfo> {
    const { imageIds, model } = this.#video;
    const imageId = imageIds[frame] ?? "";
    try {
      const { image } = await this.#ask.openImage({ imageId, model, priority: EncodePriority.BULK }, this.#call);
      if (!image) throw new Error("an encode that is ready says nothing of its picture");
      return image;
    } catch (error) {
      if (!isNotFound(error)) throw error;
      const message = `Frame ${frame} (${imageId}) is not stored here; upload it.`;
      throw new ServiceError({ code: Code.NOT_FOUND, message, cause: error });
    }
  }
}
