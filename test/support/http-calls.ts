import { create, fromJson, type JsonValue, type MessageInitShape, toJsonString } from "@bufbuild/protobuf";
import {
  type EncodeReady,
  EncodeReadySchema,
  SegmentRequestSchema,
  type SegmentResult,
  SegmentResultSchema,
} from "../../proto/index.js";

/** The JSON form of an error (H3). */
export interface HttpError {
  code: string;
  message: string;
  reason?: string;
  retryAfterMs?: number;
}

/** Uploads a picture and waits for its embedding. @param query of H8. @throws Error with the status when it is refused. */
export async function upload(
  url: string,
  bytes: Uint8Array,
  query: { id?: string; model?: string } = {},
  headers: Record<string, string> = {},
): Promise<EncodeReady> {
  const reply = await fetch(`${url}/v1/images?${new URLSearchParams(query)}`, {
    method: "POST",
    headers,
    body: bytes as Uint8Array<ArrayBuffer>,
  });
  const body = await reply.text();
  if (!reply.ok) throw new Error(`POST /v1/images: ${reply.status} ${body}`);
  return fromJson(EncodeReadySchema, JSON.parse(body) as JsonValue);
}

/** Uploads what may be refused. */
export async function tryUpload(url: string, bytes: Uint8Array): Promise<{ status: number; error?: HttpError }> {
  const reply = await fetch(`${url}/v1/images`, { method: "POST", body: bytes as Uint8Array<ArrayBuffer> });
  const body = (await reply.json()) as { error?: HttpError };
  return { status: reply.status, ...(body.error ? { error: body.error } : {}) };
}

/** One prompt over HTTP. @throws Error with the status when it is refused. */
export async function segmentOverHttp(
  url: string,
  request: MessageInitShape<typeof SegmentRequestSchema>,
): Promise<SegmentResult> {
  const reply = await postSegment(url, toJsonString(SegmentRequestSchema, create(SegmentRequestSchema, request)));
  const body = await reply.text();
  if (!reply.ok) throw new Error(`POST /v1/segment: ${reply.status} ${body}`);
  return fromJson(SegmentResultSchema, JSON.parse(body) as JsonValue);
}

export function postSegment(url: string, body: string): Promise<Response> {
  return fetch(`${url}/v1/segment`, { method: "POST", body });
}

/** The lines of an upload's events (H2), one at a time. */
export async function* eventLines(reply: Response): AsyncGenerator<Record<string, unknown>> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const piece of reply.body as ReadableStream<Uint8Array>) {
    const lines = (rest + decoder.decode(piece, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) yield JSON.parse(line) as Record<string, unknown>;
  }
}

export async function allLines<T>(lines: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const line of lines) all.push(line);
  return all;
}
