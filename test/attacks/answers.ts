import { ErrorCode, type Error as ErrorMessage } from "../../proto/index.js";

/*
 * The documented form of what a stranger is told: a known code, and one short sentence that says nothing of the inside.
 */

export const longestMessage = 500;

/** What only the engine, a library or the file system says. */
const inside = [
  /Maximum call stack|(out of|outside the) (bounds|memory)|is out of range\. It must|Invalid (array|string|typed array) length|heap/i,
  /Cannot (read|set|destructure|convert|mix)|is not (a function|iterable|defined|a constructor)|of (undefined|null)\b/,
  /\b(Range|Type|Syntax|Reference|Eval|URI|Aggregate|Assertion)Error\b/,
  /\bat (async )?[\w.<>]+ \(|\n\s+at /,
  /node_modules|node:internal|file:\/\/|\/(dist|home|root|tmp|app|usr|var|etc|proc|work)\//,
  /\b(ERR_[A-Z_]+|E(NOENT|CONN\w+|PIPE|MFILE|ACCES|PERM|ADDR\w+)|ERR )\b/,
  /\b(Vips|vips|libvips|libpng|libjpeg|heif|libtiff|sharp|onnx|ORT|protobuf-es|bufbuild|busboy|undici|redis)\w*/,
  /Unexpected (token|end of JSON|non-whitespace)|JSON at position/,
];

/** Says what is wrong with a sentence for a stranger; undefined when nothing is. */
export function checkSentence(message: string): string | undefined {
  if (message === "") return "an error without a message";
  if (message.length > longestMessage) return `a message of ${message.length} characters: ${message.slice(0, 80)}...`;
  const pattern = inside.find((one) => one.test(message));
  if (pattern) return `a message that tells of the inside: ${JSON.stringify(message.slice(0, 200))}`;
  return undefined;
}

export function checkErrorMessage({ code, message }: Pick<ErrorMessage, "code" | "message">): string | undefined {
  if (ErrorCode[code] === undefined || code === 0) return `the unknown code ${code} (${message.slice(0, 80)})`;
  // What a stranger sends is never the service's own failure.
  if (code === ErrorCode.INTERNAL) return `INTERNAL: ${message.slice(0, 200)}`;
  return checkSentence(message);
}

/** The statuses that H3, L1, U2 to U5 and W1 name, and those of HTTP itself. */
const knownStatuses = [
  400, 401, 403, 404, 405, 408, 409, 411, 413, 414, 415, 417, 421, 422, 426, 429, 431, 499, 501, 502, 503, 504, 505,
];

/** An answer over HTTP. @param body as text, or its beginning. */
export function checkHttpAnswer(status: number, body: string): string | undefined {
  if (status < 400) return undefined;
  if (status === 500) return `HTTP 500: ${body.slice(0, 200)}`;
  if (!knownStatuses.includes(status)) return `the unknown status ${status}: ${body.slice(0, 120)}`;
  // What Node's own parser refuses has no body.
  if (body === "") return undefined;
  const error = errorOf(body);
  if (!error) return `HTTP ${status} without the form of an error: ${JSON.stringify(body.slice(0, 160))}`;
  if (!(error.code in ErrorCode)) return `HTTP ${status} with the unknown code ${error.code}`;
  const problem = checkSentence(error.message);
  return problem && `HTTP ${status}: ${problem}`;
}

function errorOf(body: string): { code: string; message: string } | undefined {
  try {
    const { error } = JSON.parse(body) as { error?: { code?: unknown; message?: unknown } };
    if (typeof error?.code !== "string" || typeof error.message !== "string") return undefined;
    return { code: error.code, message: error.message };
  } catch {
    return undefined;
  }
}

/** The status that ends a gRPC call. */
export function checkRpcStatus(code: number, message: string): string | undefined {
  if (code === 0) return undefined;
  if (!Number.isInteger(code) || code < 1 || code > 16) return `the unknown gRPC status ${code}`;
  // The library's own refusals of what is no call of ours (gRPC's codes for methods, compression and message sizes).
  const ofTheLibrary =
    /^(The server does not implement the method|Received message larger than max|Received no request message|Failed to decompress message|Error deserializing request)/;
  if (ofTheLibrary.test(message)) return message.length > longestMessage ? "a long message of the library" : undefined;
  if (code === ErrorCode.INTERNAL) return `INTERNAL: ${message.slice(0, 200)}`;
  const problem = checkSentence(message);
  return problem && `gRPC ${code}: ${problem}`;
}
