import { create, fromJson } from "@bufbuild/protobuf";
import { EncodeEventSchema, LookupImageResponseSchema } from "../../proto/index.js";
import { ask } from "../access/bearer.js";
import { Upload, type UploadListener } from "./upload.js";
import type { UploadTerms } from "./upload-path.js";

/** Has a picture encoded ahead of its being opened; what is known already is not uploaded. */
export class Preparing {
  readonly #listener: UploadListener;
  readonly #upload: Upload;
  #lookup: AbortController | undefined;

  constructor(listener: UploadListener) {
    this.#listener = listener;
    this.#upload = new Upload(listener);
  }

  async start(token: number, { file, imageId }: Pick<UploadTerms, "imageId"> & { readonly file: Blob }): Promise<void> {
    this.stop();
    const lookup = new AbortController();
    this.#lookup = lookup;
    const isKnown = imageId !== undefined && (await isEmbedded(imageId, lookup.signal));
    if (lookup.signal.aborted) return;
    if (!isKnown) return this.#upload.start(token, file, { imageId, isAhead: true });
    const ready = create(EncodeEventSchema, { event: { case: "ready", value: { image: { imageId }, cached: true } } });
    this.#listener.onEvent(token, ready);
  }

  stop(): void {
    this.#lookup?.abort();
    this.#upload.stop();
  }
}

/** Whether the embedding is there. One that cannot be asked about is uploaded: that tells what is wrong. */
export async function isEmbedded(imageId: string, signal: AbortSignal): Promise<boolean> {
  try {
    const answer = await ask(`v1/images/${imageId}`, { signal });
    if (!answer.ok) return false;
    return fromJson(LookupImageResponseSchema, await answer.json(), { ignoreUnknownFields: true }).embedded;
  } catch {
    return false;
  }
}
