import { ErrorCode, type Model } from "../../proto/index.js";
import { GatewayAt, type WebSocketConstructor } from "./gateway-at.js";
import { type KnownWords, knownWords } from "./http/known-words.js";
import { listModels } from "./http/list-models.js";
import { MaskwireError } from "./maskwire-error.js";
import { type Phase, Picture } from "./picture.js";
import { pictureIdOf } from "./picture-id.js";
import type { Decoding } from "./session/prompt-way.js";

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

/**
 * A client of Maskwire, for browsers and for Node.
 *
 *     const client = new MaskwireClient({ gateway: "http://localhost:8080" });
 *     const picture = await client.open(file);
 *     const { best } = await picture.click({ x: 640, y: 380 });
 */
export class MaskwireClient {
  readonly #gateway: GatewayAt;
  readonly #decoding: Decoding | undefined;
  readonly #pictures = new Set<Picture>();
  #isClosed = false;

  /** Connects with the first picture. @throws TypeError for what is no address. */
  constructor({ gateway, key, WebSocket = platformWebSocket(), decoding }: ClientOptions) {
    this.#decoding = decoding;
    this.#gateway = new GatewayAt({ url: gateway, key: typeof key === "function" ? key : () => key, WebSocket });
  }

  /**
   * Opens a picture on a connection of its own. Its file is sent only where the service does not have it.
   * @param picture the file as it is, or the id of one that the service has.
   */
  async open(picture: Blob | Uint8Array | string, options: OpenOptions = {}): Promise<Picture> {
    const { model, onPhase, signal } = options;
    signal?.throwIfAborted();
    const file = typeof picture === "string" ? undefined : fileOf(picture);
    const imageId = file === undefined ? String(picture) : await pictureIdOf(file);
    signal?.throwIfAborted();
    if (this.#isClosed) throw new MaskwireError(ErrorCode.CANCELLED, "This client was closed. Make another.");
    const gateway = this.#gateway;
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

  /** The models that the service serves, the usual one first. @throws TypeError when it cannot be reached. */
  async models(): Promise<readonly Model[]> {
    return await listModels(this.#gateway);
  }

  /** What can be found by words. @throws TypeError when the service cannot be reached. */
  async words(): Promise<KnownWords> {
    return await knownWords(this.#gateway);
  }

  /** Closes all pictures. */
  close(): void {
    this.#isClosed = true;
    for (const picture of [...this.#pictures]) picture.close();
  }
}

function fileOf(picture: Blob | Uint8Array): Blob {
  return picture instanceof Blob ? picture : new Blob([picture as Uint8Array<ArrayBuffer>]);
}

function platformWebSocket(): WebSocketConstructor {
  const { WebSocket } = globalThis as { WebSocket?: WebSocketConstructor };
  if (WebSocket === undefined) {
    throw new TypeError(
      "This platform has no WebSocket. Pass that of the package ws: new MaskwireClient({ gateway, WebSocket }).",
    );
  }
  return WebSocket;
}
