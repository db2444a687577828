import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { Readable } from "node:stream";
import { CommandError } from "./command-error.js";

/** What is sent; of a stream's bytes it may be unknown how many there are. */
export type Body = Uint8Array | { stream: AsyncIterable<Uint8Array>; bytes?: number };

interface RequestInit {
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  headers?: Record<string, string>;
  body?: Body;
  /** Called while the body leaves, with the bytes sent so far. */
  onSent?: (bytes: number) => void;
}

/** A host that drops packets would otherwise hold the command for minutes. */
const connectMs = 10_000;
const pieceBytes = 64 * 1024;

/**
 * One HTTP exchange; fetch would not say how much of an upload has left.
 * @returns the answer, its body not read yet.
 * @throws CommandError when the server cannot be reached or hangs up.
 */
export function request(url: string, { method, headers, body, onSent }: RequestInit): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const open = url.startsWith("https:") ? httpsRequest : httpRequest;
    const sending = open(url, { method, headers: { ...headers, ...lengthOf(body) } });
    sending.on("socket", (socket) => {
      if (!socket.connecting) return;
      socket.setTimeout(connectMs, () => sending.destroy(new Error(`no answer within ${connectMs / 1000} s`)));
      socket.once("connect", () => socket.setTimeout(0));
    });
    sending.on("response", resolve);
    sending.on("error", (error) => reject(unreachable(url, error)));
    if (!body) {
      sending.end();
      return;
    }
    // Piece by piece, so that `onSent` follows the socket and not the memory.
    const all = body instanceof Uint8Array ? [body] : body.stream;
    const leaving = Readable.from(pieces(all, onSent), { objectMode: true, highWaterMark: 1 });
    // A file that cannot be read to its end is not sent as if it had one.
    leaving.on("error", (error) => {
      sending.destroy();
      reject(error);
    });
    sending.on("close", () => leaving.destroy());
    leaving.pipe(sending);
  });
}

/** The lines of an answer, as they come. @throws CommandError when the server hangs up before the end. */
export async function* lines(answer: IncomingMessage, url: string): AsyncGenerator<string> {
  let rest = "";
  answer.setEncoding("utf8");
  try {
    for await (const text of answer) {
      const parts = (rest + text).split("\n");
      rest = parts.pop() ?? "";
      yield* parts;
    }
  } catch (error) {
    throw unreachable(url, error);
  }
  if (rest) yield rest;
}

export async function text(answer: IncomingMessage, url: string): Promise<string> {
  const all: string[] = [];
  for await (const line of lines(answer, url)) all.push(line);
  return all.join("\n");
}

async function* pieces(
  body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  onSent: RequestInit["onSent"],
): AsyncGenerator<Uint8Array> {
  let sent = 0;
  for await (const chunk of body) {
    for (let at = 0; at < chunk.byteLength; at += pieceBytes) {
      onSent?.(sent + at);
      yield chunk.subarray(at, at + pieceBytes);
    }
    sent += chunk.byteLength;
  }
  onSent?.(sent);
}

function lengthOf(body: Body | undefined): Record<string, string> {
  const bytes = body instanceof Uint8Array ? body.byteLength : body?.bytes;
  return bytes === undefined ? {} : { "content-length": String(bytes) };
}

function unreachable(url: string, error: unknown): CommandError {
  const { origin } = new URL(url);
  const code = error instanceof Error && "code" in error ? String(error.code) : undefined;
  switch (code) {
    case "ECONNREFUSED":
      return new CommandError(`Nothing answers at ${origin}; is Maskwire running there?`, 1, error);
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return new CommandError(`There is no host of that name: ${origin}.`, 1, error);
    case "ECONNRESET":
    case "EPIPE":
      return new CommandError(`${origin} hung up before it had answered.`, 1, error);
    case "DEPTH_ZERO_SELF_SIGNED_CERT":
    case "SELF_SIGNED_CERT_IN_CHAIN":
    case "UNABLE_TO_GET_ISSUER_CERT_LOCALLY":
    case "UNABLE_TO_VERIFY_LEAF_SIGNATURE": {
      const message = `The certificate of ${origin} is of an authority that is not known here: name its file in NODE_EXTRA_CA_CERTS.`;
      return new CommandError(message, 1, error);
    }
    default: {
      const why = error instanceof Error ? error.message : String(error);
      return new CommandError(`${origin} cannot be reached: ${why}.`, 1, error);
    }
  }
}
