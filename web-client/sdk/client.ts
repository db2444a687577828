import { ErrorCode, type Model } from "../../proto/index.js";
import { GatewayAt, type WebSocketConstructor } from "./gateway-at.js";
import { type CutPrompt, cutOut } from "./http/cut-out.js";
import { type KnownWords, knownWords } from "./http/known-words.js";
import { listModels } from "./http/list-models.js";
import { told } from "./http/reached.js";
import { MaskwireError } from "./maskwire-error.js";
import { type Phase, Picture } from "./picture.js";
import { pictureIdOf } from "./picture-id.js";
import type { Decoding } from "./session/prompt-way.js";
import type { Spot } from "./spot.js";

export interface ClientOptions {
  /** The gateway's address: `http://localhost:8080`, `https://example.org/maskwire`. */
  readonly gateway: string | URL;
  /** What shows who is calling, where the gateway asks: a key or an access token, or a function that has the present one. */
  readonly key?: string | (() => string | undefined);
  /** Where the platform has none, as Node 20: that of the package `ws`. */
  readonly WebSocket?: WebSocketConstructor;
  /** A decoder in the browser, beside the service's: `browserDecoding()` of `@maskwire/client/decode`. */
  readonly decoding?: Decoding;
}

export interface OpenOptions {
  /** A model that the service serves besides its usual one: see {@link MaskwireClient.models}. */
  readonly model?: string;
  /** Told how far the service is with the picture, its upload in bytes among it. */
  readonly onPhase?: (phase: Phase) => void;
  /** Closes the picture. */
  readonly signal?: AbortSignal;
}

export interface CutOutOptions {
  /** A model that the service serves besides its usual one: see {@link MaskwireClient.models}. */
  readonly model?: string;
  /** Ends the wait: the call rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/**
 * A client of Maskwire, for browsers and for Node.
 *
 *     const client = new MaskwireClient({ gateway: "http://localhost:8080" });
 *     const png = await client.cutOut(file, { x: 640, y: 380 });
 *
 * or, for more than one question about a picture:
 *
 *     const picture = await client.open(file);
 *     const { best } = await picture.click({ x: 640, y: 380 });
 */
export class MaskwireClient {
  readonly #gateway: GatewayAt;
  readonly #decoding: Decoding | undefined;
  readonly #pictures = new Set<Picture>();
  #isClosed = false;

  /** Connects with the first picture. @throws TypeError for what is no address. */
  constructor({ gateway, key, WebSocket, decoding }: ClientOptions) {
    this.#decoding = decoding;
    this.#gateway = new GatewayAt({ url: gateway, key: typeof key === "function" ? key : () => key, WebSocket });
  }

  /**
   * Opens a picture on a connection of its own. Its file is sent only where the service does not have it.
   * @param picture the file as it is, or the id of one that the service has.
   * @throws TypeError for what is neither, and where the platform has no WebSocket and none was given.
   */
  async open(picture: Blob | Uint8Array | string, options: OpenOptions = {}): Promise<Picture> {
    const { model, onPhase, signal } = options;
    signal?.throwIfAborted();
    if (typeof picture === "string" && !picture.startsWith("sha256:")) throw notByPath();
    const file = typeof picture === "string" ? undefined : fileOf(picture);
    const imageId = file === undefined ? String(picture) : await pictureIdOf(file);
    signal?.throwIfAborted();
    if (this.#isClosed) throw new MaskwireError(ErrorCode.CANCELLED, "This client was closed. Make another.");
    const gateway = this.#gateway;
    gateway.requireWebSocket();
    const opened = new Picture(
      {
        gateway,
        openSocket: () => gateway.openSocket(),
        picture: { imageId, model, file },
        decoding: this.#decoding,
      },
      { onPhase, onClosed: (closed) => this.#pictures.delete(closed) },
    );
    this.#pictures.add(opened);
    signal?.addEventListener("abort", () => opened.close(), { once: true });
    return opened;
  }

  /**
   * An object by itself: a PNG file of it on transparency, no larger than it needs to be. The picture is sent with each call, and
   * nothing stays open.
   * @param file the picture's, as it is. @param prompt a point on the object, or `points`, `box` and `text` together.
   * @throws MaskwireError when it is refused, or the service cannot be reached.
   */
  async cutOut(
    file: Blob | Uint8Array,
    prompt: CutPrompt | Spot,
    { model, signal }: CutOutOptions = {},
  ): Promise<Uint8Array<ArrayBuffer>> {
    const described: CutPrompt = "x" in prompt ? { points: [prompt] } : prompt;
    return cutOut(this.#gateway, { file: fileOf(file), prompt: described, model, signal });
  }

  /** The models that the service serves, the usual one first. @throws MaskwireError when it cannot be reached. */
  async models(): Promise<readonly Model[]> {
    return await listModels(this.#gateway, told);
  }

  /** What can be found by words. @throws MaskwireError when the service cannot be reached. */
  async words(): Promise<KnownWords> {
    return await knownWords(this.#gateway, told);
  }

  /** Closes all pictures. */
  close(): void {
    this.#isClosed = true;
    for (const picture of [...this.#pictures]) picture.close();
  }
}

function fileOf(picture: Blob | Uint8Array): Blob {
  if (typeof picture === "string") throw notByPath();
  return picture instanceof Blob ? picture : new Blob([picture as Uint8Array<ArrayBuffer>]);
}

const notByPath = () =>
  new TypeError(
    "A picture is given as a Blob or as its file's bytes, not by its path: read it first, as by readFile of Node.",
  );
