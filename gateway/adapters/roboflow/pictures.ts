import { LRUCache } from "lru-cache";
import { z } from "zod";
import { Code, invalidArgument, ServiceError } from "../../../services/runtime/errors.js";
import { callerOf } from "../../http/observe-requests.js";
import type { Asked } from "../shared/adapter.js";
import type { FileFetcher } from "../shared/fetch-file.js";
import { type Picture, pictureIn } from "../shared/picture.js";
import type { AdapterBody } from "../shared/take-bodies.js";

export const imageForm = z.looseObject({
  type: z.string().default("base64"),
  value: z.string({ error: "the picture is missing" }),
});
type Image = z.output<typeof imageForm>;

const mostKnown = 1000;
const longestId = 200;

/** Pictures as Roboflow's clients send them, and by the ids that they give them. */
export class NamedPictures {
  readonly #files: FileFetcher;
  /** What a caller's id stands for. */
  readonly #known = new LRUCache<string, string>({ max: mostKnown });

  constructor(files: FileFetcher) {
    this.#files = files;
  }

  /** @throws ServiceError where there is neither a picture nor an id that is known. */
  async of(
    image: Image | null | undefined,
    id: string | null | undefined,
    asked: Asked,
    body: AdapterBody,
  ): Promise<Picture> {
    const key = this.keyOf(id ?? "", asked);
    if (image) {
      const picture = await this.#read(image, asked, body);
      if (id) this.#known.set(key, picture.imageId);
      return picture;
    }
    const imageId = id ? this.#known.get(key) : undefined;
    if (imageId === undefined) throw invalidArgument(id ? gone : "Send the picture as `image`.");
    const file = () => {
      throw new ServiceError({ code: Code.NOT_FOUND, message: gone });
    };
    return { imageId, file };
  }

  /** Of a caller's tenant alone. */
  keyOf(id: string, { request }: Asked): string {
    const { key = "", tenant } = callerOf(request) ?? {};
    return JSON.stringify([tenant ?? key, id.slice(0, longestId)]);
  }

  async #read({ type, value }: Image, asked: Asked, body: AdapterBody): Promise<Picture> {
    switch (type) {
      case "base64":
        return pictureIn(body, value);
      case "url": {
        if (!URL.canParse(value)) throw invalidArgument("The picture's address cannot be read.");
        const file = await this.#files.fetch([new URL(value)], asked);
        return { imageId: file.imageId, file: () => file };
      }
      default:
        throw invalidArgument(`Pictures of the type "${type.slice(0, 40)}" are not taken; send its file as base64.`);
    }
  }
}

const gone = "No picture is known by this image_id any more; send it as `image`.";
