import { fromJson } from "@bufbuild/protobuf";
import { type EncodeEvent, EncodeEventSchema, ErrorCode } from "../../../proto/index.js";
import { type Failure, failureOf, ourReasons, uploadTooSlow } from "../failure.js";

/** What a line of the upload's answer says. */
export type UploadLine =
  | { readonly kind: "event"; readonly event: EncodeEvent }
  | { readonly kind: "error"; readonly failure: Failure };

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
  const failure = failureIn(json);
  if (failure !== undefined) return { kind: "error", failure };
  try {
    const event = fromJson(EncodeEventSchema, json as never, { ignoreUnknownFields: true });
    return event.event.case === undefined ? undefined : { kind: "event", event };
  } catch {
    return undefined;
  }
}

/** The failure that an HTTP answer tells of, in its body or else by its status. */
export function failureOfAnswer(status: number, body: string, retryAfter: string | null): Failure {
  const told = failureIn(parseJson(body)) ?? failureOf(errorOfStatus(status));
  const seconds = retryAfter === null ? Number.NaN : Number(retryAfter);
  if (told.retryAfterMs !== undefined || !Number.isFinite(seconds)) return told;
  return { ...told, remedy: "wait", retryAfterMs: seconds * 1000 };
}

/** What a status means when something between the page and the gateway has answered, or nothing has. */
function errorOfStatus(status: number): { code: ErrorCode; reason: string } {
  switch (status) {
    case 0:
      return { code: ErrorCode.UNAVAILABLE, reason: ourReasons.uploadInterrupted };
    case 408:
      return { code: ErrorCode.DEADLINE_EXCEEDED, reason: uploadTooSlow };
    case 413:
      return { code: ErrorCode.RESOURCE_EXHAUSTED, reason: ourReasons.uploadTooLarge };
    case 415:
      return { code: ErrorCode.INVALID_ARGUMENT, reason: ourReasons.uploadKind };
    case 429:
    case 502:
    case 503:
    case 504:
      return { code: ErrorCode.UNAVAILABLE, reason: ourReasons.busy };
    default:
      return { code: ErrorCode.INTERNAL, reason: ourReasons.uploadFailed };
  }
}

function failureIn(json: unknown): Failure | undefined {
  const { error } = isRecord(json) ? json : {};
  if (!isRecord(error)) return undefined;
  const { code, message, reason, retryAfterMs } = error;
  return failureOf({
    code: ErrorCode[code as keyof typeof ErrorCode] ?? ErrorCode.INTERNAL,
    message: typeof message === "string" ? message : "",
    ...(typeof reason === "string" ? { reason } : {}),
    ...(typeof retryAfterMs === "number" ? { retryAfterMs } : {}),
  });
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
