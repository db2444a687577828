import { create, fromJson, type JsonValue } from "@bufbuild/protobuf";
import { EncodeEventSchema, LookupImageResponseSchema } from "../../../proto/index.js";
import { ask, type Gateway } from "../http/gateway.js";
import { Upload, type UploadListener } from "./upload.js";
import type { UploadTerms } from "./upload-path.js";

/** Has a picture encoded ahead of its being opened; what is known already is not uploaded. */
export class Preparing {
  readonly #gateway: Gateway;
  readonly #listener: UploadListener;
  readonly #upload: Upload;
  #lookup: AbortController | undefined;

  constructor(gateway: Gateway, listener: UploadListener) {
    this.#gateway = gateway;
    this.#listener = listener;
    this.#upload = new Upload(gateway, listener);
  }

  async start(
    token: number,
    { file, imageId, model }: Pick<UploadTerms, "imageId" | "model"> & { readonly file: Blob },
  ): Promise<void> {
    this.stop();
    const lookup = new AbortController();
    this.#lookup = lookup;
    const isKnown = imageId !== undefined && (await isEmbedded(this.#gateway, { imageId, model }, lookup.signal));
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
  gateway: Gateway,
  { imageId, model }: { readonly imageId: string; readonly model?: string | undefined },
  signal: AbortSignal,
): Promise<boolean> {
  try {
    const query = model === undefined ? "" : `?${new URLSearchParams({ model })}`;
    const answer = await ask(gateway, `v1/images/${imageId}${query}`, { signal });
    if (!answer.ok) return false;
    return fromJson(LookupImageResponseSchema, (await answer.json()) as JsonValue, { ignoreUnknownFields: true })
      .embedded;
  } catch {
    return false;
  }
}
