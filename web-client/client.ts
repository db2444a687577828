import { currentBearer, pageGateway } from "./access/bearer.js";
import { SignIn } from "./access/sign-in.js";
import { ConnectedStore, type PictureEffect } from "./connected-store.js";
import type { Preference } from "./local/choice.js";
import { isFrugal, rememberedPreference, rememberPreference } from "./local/preference.js";
import type { Routing, RoutingEvent } from "./local/routing.js";
import { WorkerDecoder } from "./local/worker-decoder.js";
import {
  type PictureFile,
  PictureProblem,
  type PictureSource,
  pictureThumbnail,
  readPicture,
} from "./pictures/picture-file.js";
import type { SavedPage } from "./save/saved-page.js";
import { openSocket } from "./sdk/session/open-socket.js";
import type { SocketPort } from "./sdk/session/socket.js";
import { EarlyUpload, overHttp } from "./sdk/upload/early-upload.js";
import { Preparing } from "./sdk/upload/preparing.js";
import { Upload, type UploadListener } from "./sdk/upload/upload.js";
import { inWords } from "./state/errors.js";
import type { ClientEvent } from "./state/event.js";
import type { Work } from "./state/work.js";
import type { Store } from "./store.js";
import { decodeUpright } from "./upright/decode-upright.js";
import { words } from "./words/words.js";

const openDecoder = (onEvent: (event: RoutingEvent) => void) =>
  new WorkerDecoder({
    openWorker: () => new Worker(new URL("./local/decode-worker.ts", import.meta.url), { type: "module" }),
    service: document.baseURI,
    bearer: currentBearer,
    onEvent,
  });

/** The state in a browser's page: its pictures and their files. */
export class Client {
  readonly #show: (bitmap: ImageBitmap) => void;
  readonly #connected: ConnectedStore;
  /** Who is there, where the gateway asks. */
  readonly signIn: SignIn;
  readonly #upload: Upload;
  readonly #early: EarlyUpload;
  readonly #preparing: Preparing;
  readonly #sources = new Map<number, PictureSource>();
  /** Files as they were read; those of the strip are kept, the browser holds large ones on disk. */
  readonly #files = new Map<number, PictureFile>();
  readonly #thumbnails = new Map<number, HTMLCanvasElement>();
  #reading: Promise<void> = Promise.resolve();
  #lastToken = 0;

  /** @param show takes the pixels of the picture that comes onto the canvas. */
  constructor({ changed, show }: { changed: () => void; show: (bitmap: ImageBitmap) => void }) {
    this.#show = show;
    this.signIn = new SignIn({ storage: sessionStorage, changed });
    this.#connected = new ConnectedStore({
      openSocket: () => this.openSocket(),
      // Elsewhere a page can neither check what it runs nor use threads.
      ...(isSecureContext ? { openDecoder } : {}),
      preference: rememberedPreference(),
      isFrugal: isFrugal(),
      run: (effect) => this.#run(effect),
      changed,
    });
    const listener: UploadListener = {
      onProgress: (token, sentBytes) => this.dispatch({ kind: "upload-progress", token, sentBytes }),
      onEvent: (token, event) => this.dispatch({ kind: "upload-event", token, event, atMs: performance.now() }),
      onFailure: (token, failure) =>
        this.dispatch({ kind: "upload-failed", token, failure: inWords(failure), atMs: performance.now() }),
    };
    this.#upload = new Upload(pageGateway, listener);
    this.#early = new EarlyUpload(listener, overHttp(pageGateway));
    this.#preparing = new Preparing(pageGateway, {
      onProgress: (token, sentBytes) => this.dispatch({ kind: "preparing-progress", token, sentBytes }),
      onEvent: (token, event) => this.dispatch({ kind: "preparing-event", token, event }),
      onFailure: (token, failure) =>
        this.dispatch({ kind: "preparing-failed", token, failure: inWords(failure), atMs: performance.now() }),
    });
  }

  get store(): Store {
    return this.#connected.store;
  }

  /** Where prompts are decoded. */
  get routing(): Routing {
    return this.#connected.router.routing;
  }

  /** By the faster of server and browser, or by one of them; kept for the next visit. */
  prefer(preference: Preference): void {
    rememberPreference(preference);
    this.#connected.router.prefer(preference);
  }

  /** A session of its own, in the name of whoever is signed in. */
  openSocket(): SocketPort {
    const url = new URL("v1/ws", document.baseURI);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    return openSocket({
      protocols: () => this.signIn.protocols(),
      doubt: () => this.signIn.doubt(),
      open: (protocols) => new WebSocket(url, protocols),
    });
  }

  readonly dispatch = (event: ClientEvent): void => this.#connected.dispatch(event);

  connect(): void {
    this.#connected.connect();
  }

  /** Whoever was there is no more, and nothing of theirs stays in sight. */
  signOut(): void {
    this.signIn.out();
    location.reload();
  }

  disconnect(): void {
    this.#connected.disconnect();
  }

  /** Brings a picture onto the canvas. @returns the page's number for it. */
  choose(source: PictureSource): number {
    const token = ++this.#lastToken;
    this.#sources.set(token, source);
    this.dispatch({ kind: "picture-chosen", token, name: source.name });
    return token;
  }

  /** Brings back the pictures of an earlier visit with their work. */
  restore({ pictures, active, nextSequence }: SavedPage): { token: number; key: string; work: Work | undefined }[] {
    const entries = pictures.map((picture) => ({ ...picture, token: ++this.#lastToken }));
    for (const { token, name, file } of entries) this.#sources.set(token, { name, read: async () => file });
    this.dispatch({
      kind: "restored",
      pictures: entries.map(({ token, name, work }) => ({ token, name, work })),
      active: entries.find(({ key }) => key === active)?.token,
      nextSequence,
      atMs: performance.now(),
    });
    return entries;
  }

  /** The file of a picture, once it has been read. */
  fileOf(token: number): Blob | undefined {
    return this.#files.get(token)?.file;
  }

  /** Puts a picture into the strip. @returns the page's number for it. */
  add(source: PictureSource): number {
    const token = ++this.#lastToken;
    this.#sources.set(token, source);
    this.dispatch({ kind: "picture-added", token, name: source.name });
    return token;
  }

  #run(effect: PictureEffect): void {
    switch (effect.kind) {
      case "load-picture":
        void this.#load(effect.token);
        break;
      case "read-picture":
        // One after the other: many large pictures decoded at a time would need the memory of all of them.
        this.#reading = this.#reading.then(() => this.#read(effect.token));
        break;
      case "forget-picture":
        this.#sources.delete(effect.token);
        this.#files.delete(effect.token);
        this.#thumbnails.delete(effect.token);
        this.#early.forget(effect.token);
        break;
      case "prepare": {
        const picture = this.#files.get(effect.token);
        if (picture !== undefined) this.#preparing.start(effect.token, this.#terms(picture));
        break;
      }
      case "stop-preparing":
        this.#preparing.stop();
        break;
      case "upload": {
        const picture = this.#files.get(effect.token);
        if (picture === undefined || this.#early.adopt(effect.token)) break;
        this.#upload.start(effect.token, picture.file, this.#terms(picture));
        break;
      }
      case "stop-upload":
        this.#upload.stop();
        this.#early.stopAdopted();
        break;
      case "refuse-upload":
        this.#upload.stop();
        this.#early.forget(effect.token);
        break;
    }
  }

  /** Onto the canvas, once it is known to be a picture and still wanted there. */
  async #load(token: number): Promise<void> {
    const wanted = () => this.store.state.loading?.token === token;
    const name = this.#nameOf(token);
    try {
      const picture = await this.#file(token);
      const { file, imageId } = picture;
      if (wanted() && this.#takes(file)) void this.#early.start(token, this.#terms(picture));
      const bitmap = await decodeUpright(file);
      const { width, height } = bitmap;
      this.#keepThumbnail(token, bitmap);
      if (!wanted()) {
        // Another came first; this one stays in the strip.
        bitmap.close();
        this.dispatch({ kind: "picture-read", token, width, height, bytes: file.size, imageId });
        return;
      }
      // Before the state says so: what is drawn next must find it.
      this.#show(bitmap);
      this.dispatch({
        kind: "picture-loaded",
        token,
        width,
        height,
        bytes: file.size,
        imageId,
        atMs: performance.now(),
      });
    } catch (error) {
      this.#early.forget(token);
      this.dispatch({ kind: "picture-unreadable", token, message: problemOf(error, name) });
    }
  }

  /** Into the strip: only its size and its digest are of interest yet. */
  async #read(token: number): Promise<void> {
    const name = this.#nameOf(token);
    try {
      const { file, imageId } = await this.#file(token);
      const bitmap = await decodeUpright(file);
      const { width, height } = bitmap;
      this.#keepThumbnail(token, bitmap);
      bitmap.close();
      this.dispatch({ kind: "picture-read", token, width, height, bytes: file.size, imageId });
    } catch (error) {
      this.dispatch({ kind: "picture-unreadable", token, message: problemOf(error, name) });
    }
  }

  /** For the model that the page asks at the moment. */
  #terms({ file, imageId }: PictureFile): { file: Blob; imageId: string | undefined; model: string | undefined } {
    return { file, imageId, model: this.store.state.models.chosen };
  }

  /** Whether the service is there, and takes a file as large. */
  #takes({ size }: Blob): boolean {
    const { link } = this.store.state;
    return link.kind === "open" && (link.limits.pictureBytes === 0 || size <= link.limits.pictureBytes);
  }

  async #file(token: number): Promise<PictureFile> {
    const known = this.#files.get(token);
    if (known !== undefined) return known;
    const source = this.#sources.get(token);
    if (source === undefined) throw new Error("This picture has left the strip.");
    const picture = await readPicture(source);
    if (this.#sources.delete(token)) this.#files.set(token, picture);
    return picture;
  }

  /** A thumbnail of a picture, once it has been read. */
  thumbnailOf(token: number): HTMLCanvasElement | undefined {
    return this.#thumbnails.get(token);
  }

  #keepThumbnail(token: number, bitmap: ImageBitmap): void {
    if (!this.#thumbnails.has(token)) this.#thumbnails.set(token, pictureThumbnail(bitmap));
  }

  #nameOf(token: number): string {
    return this.store.state.strip.find((entry) => entry.token === token)?.name ?? "";
  }
}

function problemOf(error: unknown, name: string): string {
  return error instanceof PictureProblem ? error.message : words.problems.cannotOpen(name);
}
