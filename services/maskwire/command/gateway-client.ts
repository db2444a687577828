import {
  create,
  type DescMessage,
  fromJson,
  type JsonValue,
  type MessageInitShape,
  type MessageShape,
  toJsonString,
} from "@bufbuild/protobuf";
import {
  type EncodeEvent,
  EncodeEventSchema,
  type ImageInfo,
  ListModelsResponseSchema,
  LookupImageResponseSchema,
  type Model,
  type Sa1bAnnotation,
  SegmentEverythingRequestSchema,
  SegmentRequestSchema,
  type SegmentResult,
  SegmentResultSchema,
  type TrackEvent,
  TrackEventSchema,
  TrackVideoRequestSchema,
} from "../../../proto/index.js";
import type { QuotaUsage } from "../../runtime/callers/quota.js";
import { CommandError } from "./command-error.js";
import { lines, request, text } from "./http-request.js";

export type UploadProgress =
  | { stage: "sending"; sent: number; total: number }
  | Exclude<EncodeEvent["event"], { case: undefined }>;

/** A line of `POST /v1/everything` (rule E1). */
export type EverythingLine =
  | { progress: { pointsDone: number; pointsTotal: number; etaMs: number } }
  | { annotation: Sa1bAnnotation }
  | { retracted: number }
  | { done: EverythingEnd };

interface EverythingEnd {
  masks: number;
  points: number;
  elapsedMs: number;
  ranked?: { id: number; score: number }[];
  /** Why they are not ranked. */
  unranked?: string;
}

/** An answer of `GET /v1/usage` (rule Q4), of who asks or of a tenant. */
export type Usage =
  | { principal: string; tenant: string | null; limits: QuotaUsage[] }
  | { tenant: string; principals: { principal: string | null; limits: QuotaUsage[] }[] };

/** The gateway does not know the picture (any more): upload it. */
export class UnknownPictureError extends CommandError {}

/** A gateway's HTTP interface as the command uses it. Every method throws CommandError with the gateway's own sentence. */
export class GatewayClient {
  readonly url: string;
  readonly key: string | undefined;
  readonly #url: string;
  /** As it may be shown: some addresses have a password. */
  readonly #host: string;
  readonly #model: string;
  readonly #headers: Record<string, string>;

  /**
   * @param url without a slash at its end. @param model a model id; empty is the gateway's default.
   * @param key what shows who asks, where the gateway wants to know.
   */
  constructor(url: string, model: string, key?: string) {
    this.url = url;
    this.key = key;
    this.#headers = key === undefined ? {} : { authorization: `Bearer ${key}` };
    this.#url = url;
    this.#host = new URL(url).origin;
    this.#model = model;
  }

  /** The picture's size, or undefined when its bytes have to be uploaded. */
  async lookup(imageId: string): Promise<ImageInfo | undefined> {
    const url = this.#at(`/v1/images/${imageId}`, {});
    const answer = await request(url, { method: "GET", headers: this.#headers });
    const body = await text(answer, url);
    if (answer.statusCode === 404 && errorOf(body)) return undefined;
    const found = this.#read(LookupImageResponseSchema, body);
    return found.stored || found.embedded ? found.image : undefined;
  }

  /** Resolves when the picture is encoded. Its encoder may need none of the bytes (rule H8). */
  async upload(imageId: string, bytes: Uint8Array, onProgress: (progress: UploadProgress) => void): Promise<ImageInfo> {
    const url = this.#at("/v1/images", { id: imageId });
    const answer = await request(url, {
      method: "POST",
      headers: { ...this.#headers, accept: "application/x-ndjson", "content-type": "application/octet-stream" },
      body: bytes,
      onSent: (sent) => onProgress({ stage: "sending", sent, total: bytes.byteLength }),
    });
    for await (const line of lines(answer, url)) {
      const { event } = this.#read(EncodeEventSchema, line);
      if (event.case === "ready" && event.value.image) return event.value.image;
      if (event.case) onProgress(event);
    }
    throw new CommandError(`${this.#host} ended the upload without an answer.`);
  }

  async segment(init: MessageInitShape<typeof SegmentRequestSchema>): Promise<SegmentResult> {
    const url = this.#at("/v1/segment");
    const message = create(SegmentRequestSchema, { ...init, model: this.#model });
    const body = new TextEncoder().encode(toJsonString(SegmentRequestSchema, message));
    const headers = { ...this.#headers, "content-type": "application/json" };
    const answer = await request(url, { method: "POST", headers, body });
    return this.#read(SegmentResultSchema, await text(answer, url));
  }

  /** @returns the lines of everything mode as they come: `{ progress }`, `{ annotation }`, `{ retracted }`, `{ done }`. */
  async *everything(init: MessageInitShape<typeof SegmentEverythingRequestSchema>): AsyncGenerator<EverythingLine> {
    const url = this.#at("/v1/everything");
    const message = create(SegmentEverythingRequestSchema, { ...init, model: this.#model });
    const body = new TextEncoder().encode(toJsonString(SegmentEverythingRequestSchema, message));
    const headers = { ...this.#headers, "content-type": "application/json" };
    const answer = await request(url, { method: "POST", headers, body });
    for await (const line of lines(answer, url)) {
      const error = errorOf(line);
      if (error) throw error;
      yield JSON.parse(line) as EverythingLine;
    }
  }

  /** @returns a video's frames as they are done (rule Y1). */
  async *track(init: MessageInitShape<typeof TrackVideoRequestSchema>): AsyncGenerator<TrackEvent> {
    const url = this.#at("/v1/track");
    const message = create(TrackVideoRequestSchema, { ...init, model: this.#model });
    const body = new TextEncoder().encode(toJsonString(TrackVideoRequestSchema, message));
    const headers = { ...this.#headers, "content-type": "application/json" };
    const answer = await request(url, { method: "POST", headers, body });
    for await (const line of lines(answer, url)) yield this.#read(TrackEventSchema, line);
  }

  /** The models that are served, and what each can be asked (rule N8). */
  async models(): Promise<Model[]> {
    const url = `${this.#url}/v1/models`;
    const answer = await request(url, { method: "GET", headers: this.#headers });
    return this.#read(ListModelsResponseSchema, await text(answer, url)).models;
  }

  /** What is used of the limits of who asks; of a tenant's, for an admin. */
  async usage(tenant?: string): Promise<Usage> {
    const url = `${this.#url}/v1/usage${tenant === undefined ? "" : `?${new URLSearchParams({ tenant })}`}`;
    const body = await text(await request(url, { method: "GET", headers: this.#headers }), url);
    const error = errorOf(body);
    if (error) throw error;
    try {
      return JSON.parse(body);
    } catch (cause) {
      throw new CommandError(`${this.#host} answers, but not as Maskwire does.`, 1, cause);
    }
  }

  /** Deletes a picture; nobody says whether there was one (rule K4). */
  async erase(imageId: string): Promise<void> {
    await this.#erase(`${this.#url}/v1/images/${imageId}`);
  }

  /** Deletes every picture of whoever asks. @param confirm the tenant's name, or `all` (rule K5). */
  async eraseAll(confirm: string): Promise<void> {
    await this.#erase(`${this.#url}/v1/images?${new URLSearchParams({ confirm })}`);
  }

  async #erase(url: string): Promise<void> {
    const answer = await request(url, { method: "DELETE", headers: this.#headers });
    const body = await text(answer, url);
    if (answer.statusCode === 204) return;
    throw errorOf(body) ?? new CommandError(`${this.#host} answers, but not as Maskwire does.`);
  }

  /** @param query of the routes of pictures, which take the model there; the others take it in their body. */
  #at(path: string, query?: Record<string, string>): string {
    const all = query && new URLSearchParams({ ...query, ...(this.#model && { model: this.#model }) });
    return `${this.#url}${path}${all?.size ? `?${all}` : ""}`;
  }

  #read<S extends DescMessage>(schema: S, body: string): MessageShape<S> {
    const error = errorOf(body);
    if (error) throw error;
    try {
      return fromJson(schema, JSON.parse(body) as JsonValue, { ignoreUnknownFields: true });
    } catch (cause) {
      throw new CommandError(`${this.#host} answers, but not as Maskwire does.`, 1, cause);
    }
  }
}

const whereKeysGo = "The command line takes it from a file, by --key-file or MASKWIRE_KEY_FILE, or from MASKWIRE_KEY.";

/** The error that a body carries (rule H3), if it carries one. What is wrong with the request itself is bad usage. */
function errorOf(body: string): CommandError | undefined {
  let error: { code?: string; message?: string; reason?: string } | undefined;
  try {
    error = JSON.parse(body)?.error;
  } catch {
    return undefined;
  }
  if (typeof error?.message !== "string") return undefined;
  if (error.code === "UNAUTHENTICATED") return new CommandError(`${error.message} ${whereKeysGo}`);
  if (error.code === "NOT_FOUND") return new UnknownPictureError(error.message);
  return new CommandError(error.message, error.code === "INVALID_ARGUMENT" && !error.reason ? 2 : 1);
}
