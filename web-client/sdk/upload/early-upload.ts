import type { Gateway } from "../http/gateway.js";
import { isEmbedded } from "./preparing.js";
import { Upload, type UploadListener } from "./upload.js";

/** How it is asked whether the service has a picture's embedding, and how a picture is sent. */
interface Ways {
  isKnown(
    picture: { readonly imageId: string; readonly model?: string | undefined },
    signal: AbortSignal,
  ): Promise<boolean>;
  openUpload(listener: UploadListener): Pick<Upload, "start" | "stop">;
}

/** By requests to a gateway. */
export const overHttp = (gateway: Gateway): Ways => ({
  isKnown: (picture, signal) => isEmbedded(gateway, picture, signal),
  openUpload: (listener) => new Upload(gateway, listener),
});

interface Early {
  readonly token: number;
  /** Somebody has asked for it since. */
  isAdopted: boolean;
  /** What was heard of it before. */
  readonly untold: (() => void)[];
}

/**
 * A picture on its way to the canvas is sent while the browser decodes it, unless the service has it: a person waits for both
 * at once and not for one after the other. Who is to send it then takes over what is under way.
 */
export class EarlyUpload {
  readonly #ways: Ways;
  readonly #upload: Pick<Upload, "start" | "stop">;
  /** Whether the service has it is being asked. */
  #lookup: { readonly token: number; readonly ending: AbortController } | undefined;
  #early: Early | undefined;

  /** @param listener hears of an upload once that is adopted, then also of what was before. */
  constructor(listener: UploadListener, ways: Ways) {
    this.#ways = ways;
    this.#upload = ways.openUpload({
      onProgress: (token, sentBytes) => this.#hear(() => listener.onProgress(token, sentBytes)),
      onEvent: (token, event) => this.#hear(() => listener.onEvent(token, event)),
      onFailure: (token, failure) => {
        const isAdopted = this.#early?.isAdopted === true;
        // One that nobody has asked for is sent anew by who does.
        this.#early = undefined;
        if (isAdopted) listener.onFailure(token, failure);
      },
    });
  }

  /** @param imageId undefined where the page cannot tell: nor can it ask then, and nothing is done. */
  async start(
    token: number,
    { file, imageId, model }: { file: Blob; imageId: string | undefined; model?: string | undefined },
  ): Promise<void> {
    this.stop();
    if (imageId === undefined) return;
    const ending = new AbortController();
    this.#lookup = { token, ending };
    const isKnown = await this.#ways.isKnown({ imageId, model }, ending.signal);
    if (isKnown || ending.signal.aborted) return;
    this.#early = { token, isAdopted: false, untold: [] };
    this.#upload.start(token, file, { imageId, model });
  }

  /** The picture is to be sent. @returns false when it is not under way here. */
  adopt(token: number): boolean {
    // Who asks meanwhile sends it: it is not to be sent twice.
    if (this.#lookup?.token === token) this.#lookup.ending.abort();
    const early = this.#early;
    if (early?.token !== token || early.isAdopted) return false;
    early.isAdopted = true;
    for (const tell of early.untold.splice(0)) tell();
    return true;
  }

  /** What was asked for is not wanted any more; another may be on its way already. */
  stopAdopted(): void {
    if (this.#early?.isAdopted) this.stop();
  }

  /** It is no picture, or has left the page. */
  forget(token: number): void {
    if ((this.#early ?? this.#lookup)?.token === token) this.stop();
  }

  stop(): void {
    this.#lookup?.ending.abort();
    this.#lookup = undefined;
    this.#early = undefined;
    this.#upload.stop();
  }

  #hear(tell: () => void): void {
    if (this.#early?.isAdopted) tell();
    else this.#early?.untold.push(tell);
  }
}
