import { once } from "node:events";
import { connect } from "node:net";

/** A POST that only announces its body: what comes back can owe nothing to the body. */
export function announce(url: string, path: string, contentLength: number): Promise<string> {
  return exchange(url, [`POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${contentLength}\r\n\r\n`]);
}

/** A POST of unannounced length that sends these pieces and never ends. */
export function rawRequest(url: string, path: string, pieces: () => Iterable<Uint8Array>): Promise<string> {
  const head = `POST ${path} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n`;
  return exchange(url, chunked(head, pieces));
}

function* chunked(head: string, pieces: () => Iterable<Uint8Array>): Generator<string | Uint8Array> {
  yield head;
  for (const piece of pieces()) {
    yield `${piece.byteLength.toString(16)}\r\n`;
    yield piece;
    yield "\r\n";
  }
}

/** Writes the parts and returns everything that comes back until the server closes the connection. */
async function exchange(url: string, parts: Iterable<string | Uint8Array>): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  let reply = "";
  socket.setEncoding("utf8").on("data", (text) => {
    reply += text;
  });
  // A server that has answered may reset a connection that is still being written to; the answer is what counts.
  socket.on("error", () => {});
  await once(socket, "connect");
  const closed = once(socket, "close");
  for (const part of parts) if (socket.writable) socket.write(part);
  await closed;
  return reply;
}
