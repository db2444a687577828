import { create } from "@bufbuild/protobuf";
import { CancelEverythingSchema, OpenImageSchema, SegmentEverythingRequestSchema } from "../proto/index.js";
import { CanvasView } from "./canvas/canvas-view.js";
import { segmentRequest } from "./net/request.js";
import { Socket } from "./net/socket.js";
import { Upload } from "./net/upload.js";
import { element } from "./panel/element.js";
import { type LoadedPhoto, loadPhoto, type PhotoSource } from "./photo.js";
import type { ClientEvent, Effect, TimerName } from "./state/event.js";
import { clickSilenceMs } from "./state/silence.js";
import { Store } from "./store.js";

/** The state with its edges: what carries the effects out and reports back. */
export class Client {
  readonly store: Store;
  readonly view: CanvasView;
  readonly #socket: Socket;
  readonly #upload: Upload;
  readonly #sources = new Map<number, PhotoSource>();
  readonly #photos = new Map<number, LoadedPhoto>();
  readonly #timers = new Map<TimerName, ReturnType<typeof setTimeout>>();
  #lastToken = 0;

  constructor({ changed }: { changed: () => void }) {
    this.store = new Store({ run: (effect) => this.#run(effect), changed });
    this.view = new CanvasView(element("canvas", HTMLCanvasElement), element("room", HTMLElement), changed);
    const url = new URL("/v1/ws", location.href);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    this.#socket = new Socket(url, this.dispatch);
    this.#upload = new Upload(this.dispatch);
  }

  readonly dispatch = (event: ClientEvent): void => this.store.dispatch(event);

  connect(): void {
    this.#socket.connect();
  }

  disconnect(): void {
    this.#socket.drop();
  }

  choose(source: PhotoSource): void {
    const token = ++this.#lastToken;
    this.#sources.set(token, source);
    this.dispatch({ kind: "photo-chosen", token, name: source.name });
  }

  #run(effect: Effect): void {
    switch (effect.kind) {
      case "connect":
        this.#socket.connect();
        break;
      case "load-photo":
        void this.#load(effect.token);
        break;
      case "open-image":
        this.#socket.send({ case: "openImage", value: create(OpenImageSchema, { imageId: effect.imageId }) });
        break;
      case "segment":
        this.#socket.send({ case: "segment", value: segmentRequest(effect.sequence, effect.prompts, effect.preview) });
        if (!effect.preview) this.#listen();
        break;
      case "everything": {
        const { imageId, smallestRegionPx: minMaskRegionArea } = effect;
        this.#socket.send({
          case: "everything",
          value: create(SegmentEverythingRequestSchema, { imageId, minMaskRegionArea }),
        });
        this.#listen();
        break;
      }
      case "cancel-everything":
        this.#socket.send({ case: "cancelEverything", value: create(CancelEverythingSchema) });
        this.#listen();
        break;
      case "disconnect":
        this.#socket.drop();
        break;
      case "upload": {
        const file = this.#photos.get(effect.token)?.file;
        if (file !== undefined) this.#upload.start(effect.token, file);
        break;
      }
      case "stop-upload":
        this.#upload.stop();
        // What was to be tried again was about the photo before.
        for (const name of ["upload", "reopen"] as const) clearTimeout(this.#timers.get(name));
        break;
      case "timer":
        this.#startTimer(effect.name, effect.delayMs);
        break;
    }
  }

  /** Something is to be answered: looked at once in a while, until nothing is. */
  #listen(): void {
    if (!this.#timers.has("silence")) this.#startTimer("silence", clickSilenceMs);
  }

  #startTimer(name: TimerName, delayMs: number): void {
    // Clicks each have their own time to be sent again; of the others there is one at a time.
    if (name !== "resend") clearTimeout(this.#timers.get(name));
    const timer = setTimeout(() => {
      if (this.#timers.get(name) === timer) this.#timers.delete(name);
      this.dispatch({ kind: "timer", name, atMs: performance.now() });
    }, delayMs);
    this.#timers.set(name, timer);
  }

  async #load(token: number): Promise<void> {
    const source = this.#sources.get(token);
    this.#sources.delete(token);
    if (source === undefined) return;
    try {
      const photo = await loadPhoto(source);
      this.#photos.set(token, photo);
      const { width, height } = photo.bitmap;
      const { imageId, file } = photo;
      this.dispatch({ kind: "photo-loaded", token, width, height, bytes: file.size, imageId, atMs: performance.now() });
    } catch {
      this.dispatch({ kind: "photo-unreadable", token, message: `“${source.name}” could not be opened as a picture.` });
    }
    this.#keepOnlyShown();
  }

  /** Decoded photos are large: only the one on the canvas is kept. */
  #keepOnlyShown(): void {
    const { picture } = this.store.state;
    for (const [token, { bitmap }] of this.#photos) {
      if (picture.kind !== "empty" && picture.photo.token === token) {
        if (this.view.bitmap !== bitmap) this.view.setPicture(bitmap);
      } else {
        if (this.view.bitmap !== bitmap) bitmap.close();
        this.#photos.delete(token);
      }
    }
  }
}
