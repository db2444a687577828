import { STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { Code, type ErrorInit } from "../errors.js";
import { challenge, errorBody } from "./reply-error.js";
import { safeHeaders } from "./safe-headers.js";

/** Time for an answer to leave, and for a peer that is still sending to read it. */
const leaveMs = 1000;

/**
 * Refuses on a connection that no HTTP server answers on any more, in the form that all errors have (H3), and frees it once
 * the answer has had time to leave: a peer that goes on sending, or never closes, holds nothing.
 */
export function answerRaw(socket: Duplex, status: number, error: ErrorInit, headers: readonly string[] = []): void {
  const body = JSON.stringify({ error: errorBody(error) });
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    "Content-Type: application/json; charset=utf-8",
    `Content-Length: ${Buffer.byteLength(body)}`,
    "Connection: close",
    ...Object.entries(safeHeaders).map(([name, value]) => `${name}: ${value}`),
    ...(error.retryAfterMs === undefined ? [] : [`Retry-After: ${Math.ceil(error.retryAfterMs / 1000)}`]),
    ...(error.code === Code.UNAUTHENTICATED ? [`WWW-Authenticate: ${challenge}`] : []),
    ...headers,
  ];
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`);
  // Read and thrown away: bytes that lie unread would turn the end into a reset, which may overtake the answer.
  socket.resume();
  const timer = setTimeout(() => socket.destroy(), leaveMs).unref();
  socket.once("close", () => clearTimeout(timer));
}
