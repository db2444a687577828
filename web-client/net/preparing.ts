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

  async start(
    token: number,
    { file, imageId, model }: Pick<UploadTerms, "imageId" | "model"> & { readonly file: Blob },
  ): Promise<void> {
    this.stop();
    const lookup = new AbortController();
    this.#lookup = lookup;
    const isKnown = imageId !== undefined && (await isEmbedded({ imageId, model }, lookup.signal));
    if (lookup.signal.aborted) return;
    if (!isKnown) return this.#upload.start(token, file, { imageId, model, isAhead: true });
    const ready = create(EncodeEventSchema, { event: { case: "ready", value: { image: { imageId }, cached: true } } });
    this.#listener.onEvent(token, ready);
  }

  stop(): void {
    this.#lookup?.abort();
    this.#upload.stop();
  }
}

/** Whether the embedding is there. One that cannot be asked about is uploaded: that tells what is wrong. */
export async function isEmbedded(
  { imageId, model }: { readonly imageId: string; readonly model?: string | undefined },
  signal: AbortSignal,
): Promise<boolean> {
  try {
    const answer = await ask(`v1/images/${imageId}${model === undefined ? "" : `?${new URLSearchParams({ model })}`}`, {
      signal,
    });
    if (!answer.ok) return false;
    return fromJson(LookupImageResponseSchema, await answer.json(), { ignoreUnknownFields: true }).embedded;
  } catch {
    return false;
  }
}
