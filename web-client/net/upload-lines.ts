import { fromJson } from "@bufbuild/protobuf";
import { type EncodeEvent, EncodeEventSchema } from "../../proto/index.js";
import { sentence } from "../state/errors.js";

/** What a line of the upload's answer says. */
export type UploadLine =
  | { readonly kind: "event"; readonly event: EncodeEvent }
  | { readonly kind: "error"; readonly message: string; readonly retryAfterMs: number | undefined };

/** Takes text as it arrives and gives back whole lines; the rest waits for its end. */
export function splitLines(text: string, from: number): { lines: string[]; next: number } {
  const end = text.lastIndexOf("\n") + 1;
  if (end <= from) return { lines: [], next: from };
  const lines = text.slice(from, end).split("\n");
  return { lines: lines.filter((line) => line.trim() !== ""), next: end };
}

/** A line that is no event of the contract says nothing to this page: it may be newer than the page. */
export function parseLine(line: string): UploadLine | undefined {
  const json = parseJson(line);
  if (json === undefined) return undefined;
  const error = errorIn(json);
  if (error !== undefined) return error;
  try {
    const event = fromJson(EncodeEventSchema, json as never, { ignoreUnknownFields: true });
    return event.event.case === undefined ? undefined : { kind: "event", event };
  } catch {
    return undefined;
  }
}

/** The error in an HTTP answer's body, or one made of its status. */
export function uploadError(status: number, body: string, retryAfter: string | null): UploadLine & { kind: "error" } {
  const error = errorIn(parseJson(body));
  const busy = status === 429 || status >= 500 || status === 0;
  const headerMs = retryAfter === null ? Number.NaN : Number(retryAfter) * 1000;
  const hintMs = error?.retryAfterMs ?? (Number.isFinite(headerMs) ? headerMs : undefined);
  return {
    kind: "error",
    message: error?.message ?? messageOf(status),
    retryAfterMs: busy && status !== 501 ? (hintMs ?? 1_000) : undefined,
  };
}

function messageOf(status: number): string {
  if (status === 0) return "The upload was interrupted.";
  if (status === 413) return "This photo is too large for the service.";
  if (status === 415) return "The service does not take files of this kind.";
  if (status === 422) return "This photo is damaged.";
  if (status === 429) return "The service is very busy at the moment.";
  return "The service could not take this photo.";
}

function errorIn(json: unknown): (UploadLine & { kind: "error" }) | undefined {
  const { error } = isRecord(json) ? json : {};
  if (!isRecord(error)) return undefined;
  const { code, message, retryAfterMs } = error;
  const passing = code === "UNAVAILABLE" || code === "ERROR_CODE_UNAVAILABLE" || code === 14;
  return {
    kind: "error",
    message: typeof message === "string" && message !== "" ? sentence(message) : messageOf(500),
    retryAfterMs: typeof retryAfterMs === "number" ? retryAfterMs : passing ? 1_000 : undefined,
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
