import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";
import { Code } from "../errors.js";
import type { AnswersOwed } from "./answers-owed.js";
import { answerRaw } from "./raw-answer.js";

export type Accept = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/** Node drops headers beyond so many without a word. */
const mostHeaders = 2000;

/**
 * Gives WebSockets to `accept`. Any other upgrade is an offer that may be declined (RFC 9110, 7.8): Java's HttpClient offers
 * h2c with every request. Node gives all of them to whoever listens for one; those that are no WebSocket's go back to the
 * server as the plain request that they also are.
 */
export function onWebSocket(http: Server, owed: AnswersOwed, accept: Accept): void {
  http.on("upgrade", async (request, socket, head) => {
    if (request.headers.upgrade?.toLowerCase() === "websocket") return accept(request, socket, head);
    if (request.rawHeaders.length >= 2 * mostHeaders) {
      const message = "The request has too many headers.";
      return answerRaw(socket, 431, { code: Code.RESOURCE_EXHAUSTED, message });
    }
    // The server begins with the connection as with a new one, and knows nothing of answers that are still to come on it.
    await owed.given(socket);
    if (socket.destroyed) return;
    if (head.length > 0) socket.unshift(head);
    socket.unshift(Buffer.from(plainHead(request), "latin1"));
    http.emit("connection", socket);
  });
}

/** The request's head without the offer; its body follows it as it was sent. */
function plainHead({ method, url, httpVersion, rawHeaders }: IncomingMessage): string {
  const lines = [`${method} ${url} HTTP/${httpVersion}`];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] as string;
    const value = rawHeaders[at + 1] as string;
    const kept = withoutOffer(name.toLowerCase(), value);
    if (kept !== undefined) lines.push(`${name}: ${kept}`);
  }
  return `${lines.join("\r\n")}\r\n\r\n`;
}

function withoutOffer(name: string, value: string): string | undefined {
  if (name === "upgrade" || name === "http2-settings") return undefined;
  if (name !== "connection") return value;
  const others = value.split(",").filter((one) => !/^\s*(upgrade|http2-settings)\s*$/i.test(one));
  return others.length > 0 ? others.join(",") : undefined;
}
