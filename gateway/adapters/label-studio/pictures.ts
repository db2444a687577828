import { LRUCache } from "lru-cache";
import { Code, invalidArgument, ServiceError } from "../../../services/runtime/errors.js";
import type { Call } from "../../../services/runtime/grpc/call.js";
import { ImageDigest } from "../../../services/runtime/image-id.js";
import { withDeadline } from "../../ask/deadline.js";
import { fetchPicture } from "../../fetch/fetch-picture.js";
import type { LookupAll } from "../../fetch/lookup-by-dns.js";
import type { PictureHosts } from "../../fetch/picture-hosts.js";
import { callerOf } from "../../http/observe-requests.js";
import type { Places } from "../../http/places.js";
import type { Asked } from "../shared/adapter.js";
import type { DecodedFile } from "../shared/base64-bytes.js";
import { type Picture, pictureIn } from "../shared/picture.js";
import type { AdapterBody } from "../shared/take-bodies.js";
import type { AccessTokens } from "./access-tokens.js";
import { isOwnFile, picturesAddresses } from "./picture-addresses.js";

interface PicturesOptions {
  /** Label Studio's, with a slash at its end. */
  readonly base: URL | undefined;
  readonly tokens: AccessTokens | undefined;
  readonly hosts: PictureHosts;
  readonly places: Places;
  readonly lookup: LookupAll;
  readonly lookupNamed: LookupAll;
  readonly maxImageBytes: number;
  readonly deadlineMs: number;
}

/** For so long an address is taken to have the picture that it had: a session's clicks fetch it once. */
const knownMs = 600_000;
const mostKnown = 10_000;

/** The pictures of tasks, from wherever those say they are. */
export class TaskPictures {
  readonly #options: PicturesOptions;
  readonly #known = new LRUCache<string, string>({ max: mostKnown, ttl: knownMs });
  readonly #open: (url: URL, call: Call & Pick<Asked, "hold">) => Promise<DecodedFile>;

  constructor(options: PicturesOptions) {
    this.#options = options;
    this.#open = withDeadline(options.deadlineMs, (url, call) => this.#read(url, call));
  }

  /** @param value of a task's data. @throws ServiceError when it cannot be had. */
  async of(value: string, task: string, asked: Asked, body: AdapterBody): Promise<Picture> {
    if (value.startsWith("data:") || body.fileAt(value)) return pictureIn(body, value);
    const urls = picturesAddresses(value, task, this.#options.base);
    const { tenant = "" } = callerOf(asked.request) ?? {};
    const key = JSON.stringify([tenant, task, value]);
    const known = this.#known.get(key);
    const fetchFile = async () => {
      const file = await this.#fetch(urls, asked);
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

  /** From the first address that has it. */
  async #fetch(urls: readonly URL[], { call, hold, request, reply }: Asked): Promise<DecodedFile> {
    this.#options.places.enter(request, reply);
    let failure: unknown = invalidArgument("The task has no picture.");
    for (const url of urls) {
      try {
        return await this.#open(url, { ...call, hold });
      } catch (error) {
        if (!(error instanceof ServiceError && error.reason === "PICTURE_HOST")) throw error;
        failure = error;
      }
    }
    throw failure;
  }

  async #read(url: URL, { signal, hold }: Call & Pick<Asked, "hold">): Promise<DecodedFile> {
    const { base, tokens, hosts, lookup, lookupNamed, maxImageBytes: maxBytes } = this.#options;
    const credentials = (to: URL) => (isOwnFile(to, base) ? (tokens?.header() ?? Promise.resolve({})) : undefined);
    const { body } = await fetchPicture(url.href, { hosts, maxBytes, signal, lookup, lookupNamed, credentials });
    const digest = new ImageDigest();
    const pieces: Uint8Array[] = [];
    let bytes = 0;
    for await (const piece of body) {
      bytes += piece.byteLength;
      hold(bytes);
      digest.update(piece);
      pieces.push(piece);
    }
    return { imageId: digest.imageId(), pieces, bytes };
  }
}
