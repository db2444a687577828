import { pictureIdOf } from "../../sdk/picture-id.js";
import type { FrameInfo, VideoStore } from "../store/video-store.js";
import { words } from "../words/words.js";
import { type ReadFrame, VideoProblem } from "./frame-source.js";

/** A video's frames: what is known of them is here, their files are in the browser's store where it has one. */
export class Shelf {
  readonly #store: VideoStore | undefined;
  /** Where nothing is kept. */
  readonly #files = new Map<number, Blob>();
  readonly #frames: FrameInfo[];
  readonly #urls = new Map<number, string>();

  constructor(store: VideoStore | undefined, frames: readonly FrameInfo[] = []) {
    this.#store = store;
    this.#frames = [...frames];
  }

  get frames(): readonly FrameInfo[] {
    return this.#frames;
  }

  /** @throws VideoProblem where the page may not compute digests, or there is no room left. */
  async add({ name, timeMs, file, thumbnail }: ReadFrame): Promise<void> {
    const imageId = await pictureIdOf(file);
    if (imageId === undefined) throw new VideoProblem(words.problems.notSecure);
    const at = this.#frames.length;
    const info = { name, timeMs, imageId, thumbnail };
    if (this.#store === undefined) this.#files.set(at, file);
    else {
      await this.#store.addFrame(at, info, file).catch(() => {
        throw new VideoProblem(words.problems.noRoom(at));
      });
    }
    this.#frames.push(info);
  }

  /** @throws VideoProblem where the browser has cleared it away. */
  async file(frame: number): Promise<Blob> {
    const file = this.#files.get(frame) ?? (await this.#store?.file(frame));
    if (file === undefined) throw new VideoProblem(words.problems.frameGone(frame + 1));
    return file;
  }

  /** When a frame is shown; loose pictures one after the other. */
  timeMs(frame: number): number {
    return this.#frames[frame]?.timeMs ?? (frame * 1000) / looseFps;
  }

  thumbnailUrl(frame: number): string | undefined {
    const known = this.#urls.get(frame);
    const info = this.#frames[frame];
    if (known !== undefined || info === undefined) return known;
    const url = URL.createObjectURL(info.thumbnail);
    this.#urls.set(frame, url);
    return url;
  }

  close(): void {
    for (const url of this.#urls.values()) URL.revokeObjectURL(url);
    this.#urls.clear();
    this.#files.clear();
  }
}

const looseFps = 10;
