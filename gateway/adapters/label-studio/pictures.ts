import { LRUCache } from "lru-cache";
import { Code, ServiceError } from "../../../services/runtime/errors.js";
import { callerOf } from "../../http/observe-requests.js";
import type { Asked } from "../shared/adapter.js";
import type { FileFetcher } from "../shared/fetch-file.js";
import { type Picture, pictureIn } from "../shared/picture.js";
import type { AdapterBody } from "../shared/take-bodies.js";
import { picturesAddresses } from "./picture-addresses.js";

/** For so long an address is taken to have the picture that it had: a session's clicks fetch it once. */
const knownMs = 600_000;
const mostKnown = 10_000;

/** The pictures of tasks, from wherever those say they are. */
export class TaskPictures {
  readonly #base: URL | undefined;
  readonly #files: FileFetcher;
  readonly #known = new LRUCache<string, string>({ max: mostKnown, ttl: knownMs });

  /** @param base Label Studio's address, with a slash at its end. */
  constructor(base: URL | undefined, files: FileFetcher) {
    this.#base = base;
    this.#files = files;
  }

  /** @param value of a task's data. @throws ServiceError when it cannot be had. */
  async of(value: string, task: string, asked: Asked, body: AdapterBody): Promise<Picture> {
    if (value.startsWith("data:") || body.fileAt(value)) return pictureIn(body, value);
    const urls = picturesAddresses(value, task, this.#base);
    const { tenant = "" } = callerOf(asked.request) ?? {};
    const key = JSON.stringify([tenant, task, value]);
    const known = this.#known.get(key);
    const fetchFile = async () => {
      const file = await this.#files.fetch(urls, asked);
      this.#known.set(key, file.imageId);
      return file;
    };
    if (known === undefined) {
      const file = await fetchFile();
      return { imageId: file.imageId, file: () => file };
    }
    const again = async () => {
      const file = await fetchFile();
      if (file.imageId === known) return file;
      const message = "The task's picture has changed; ask again.";
      throw new ServiceError({ code: Code.UNAVAILABLE, message, retryAfterMs: 500 });
    };
    return { imageId: known, file: again };
  }
}
