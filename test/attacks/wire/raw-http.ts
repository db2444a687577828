import type { Socket } from "node:net";
import { checkHttpAnswer } from "../answers.js";
import type { Tally } from "../tally.js";
import { dial } from "./http2.js";

/** What came back on a raw connection. */
export interface RawAnswer {
  /** One of each answer that could be told apart. */
  statuses: number[];
  text: string;
  isClosed: boolean;
}

const mostKept = 256 * 1024;
/** A peer that reads nothing for so long is not waited for any more: less than what ends the attacker. */
const mostStallMs = 20_000;
/** Silence after the beginning of an answer that is taken for its end. */
const usualPauseMs = 80;

/** Writes pieces to a fresh connection, as fast or as slowly as they come, and collects what comes back for a while. */
export async function exchange(
  url: string,
  from: string,
  pieces: Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array>,
  { lingerMs = 2000, pauseMs = usualPauseMs }: { lingerMs?: number; pauseMs?: number } = {},
): Promise<RawAnswer> {
  const socket = dial(url, from);
  let text = "";
  let isClosed = false;
  socket.on("data", (piece) => {
    if (text.length < mostKept) text += piece.toString("latin1");
  });
  const closed = new Promise<void>((resolve) => {
    socket.once("close", () => {
      isClosed = true;
      resolve();
    });
  });
  let isHeldUp = false;
  for await (const piece of pieces) {
    if (socket.destroyed || isHeldUp) break;
    const isFlushed = socket.write(piece);
    if (!isFlushed) isHeldUp = !(await drained(socket, mostStallMs));
  }
  let timer: NodeJS.Timeout | undefined;
  const until = performance.now() + lingerMs;
  // An answer that has come whole is enough; whoever keeps the connection, or answers without an end, is not waited for.
  const late = new Promise<void>((resolve) => {
    const wait = (ms: number) => {
      clearTimeout(timer);
      timer = setTimeout(resolve, Math.min(ms, until - performance.now()));
    };
    // A peer that has been waited for in vain will not answer either.
    wait(text === "" && !isHeldUp ? lingerMs : pauseMs);
    socket.on("data", () => wait(pauseMs));
  });
  await Promise.race([closed, late]);
  clearTimeout(timer);
  socket.destroy();
  const statuses = [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
  return { statuses, text, isClosed };
}

/** @returns false when the peer has read nothing for so long that what was written still waits. */
function drained(socket: Socket, ms: number): Promise<boolean> {
  return new Promise((resolve) => {
    const end = (isDrained: boolean) => {
      clearTimeout(timer);
      socket.off("drain", go).off("close", go);
      resolve(isDrained);
    };
    const go = () => end(true);
    const timer = setTimeout(() => end(false), ms);
    socket.on("drain", go).on("close", go);
  });
}

/** Holds the first answer against the documented form and counts it. */
export function tellHttp({ statuses, text, isClosed }: RawAnswer, tally: Tally): void {
  const [status] = statuses;
  if (status === undefined) {
    if (isClosed) tally.refused();
    return;
  }
  if (status === 429 || status === 503 || status === 413) tally.refused();
  else tally.answered();
  tally.note(checkHttpAnswer(status, bodyOf(text)));
}

/** Of the first answer; chunks are put together. */
function bodyOf(text: string): string {
  const end = text.indexOf("\r\n\r\n");
  if (end < 0) return "";
  const head = text.slice(0, end);
  const rest = text.slice(end + 4);
  const [, length] = /\r\ncontent-length: (\d+)/i.exec(head) ?? [];
  if (length !== undefined) return rest.slice(0, Number(length));
  if (!/\r\ntransfer-encoding: chunked/i.test(head)) return rest;
  let body = "";
  let at = 0;
  for (;;) {
    const line = rest.indexOf("\r\n", at);
    const size = line < 0 ? 0 : Number.parseInt(rest.slice(at, line), 16);
    if (!(size > 0)) return body;
    body += rest.slice(line + 2, line + 2 + size);
    at = line + 2 + size + 2;
  }
}

export function head(method: string, path: string, headers: Readonly<Record<string, string | number>> = {}): string {
  const lines = Object.entries({ host: "localhost", ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${path} HTTP/1.1\r\n${lines.join("")}\r\n`;
}

/** A whole POST. */
export function* post(
  path: string,
  body: Uint8Array | string,
  headers: Readonly<Record<string, string>> = {},
): Generator<string | Uint8Array> {
  yield head("POST", path, { "content-length": Buffer.byteLength(body), connection: "close", ...headers });
  yield body;
}
