import type { Socket } from "node:net";

/** Between two looks at a connection. */
const usualLookMs = 250;

/**
 * Ends a connection that HTTP/2 has stopped reading. Node's does that, for good and without a word, when its peer has made a
 * mistake that ends the session (in nghttp2's words it wants to read no more; seen in Node 20): every call on it then waits for
 * pings, and nobody hears the peer leave. Of a connection that is read libuv says that it is; one that has something to
 * write may be read again when that has left.
 * @param socket that a session of HTTP/2 has taken over.
 */
export function endWhenDeaf(socket: Socket, lookMs = usualLookMs): void {
  const look = () => {
    const handle = (socket as unknown as { _handle: StreamHandle | null })._handle;
    if (handle && handle.writeQueueSize === 0 && handle.readStart() === 0) socket.destroy();
  };
  const timer = setInterval(look, lookMs).unref();
  socket.once("close", () => clearInterval(timer));
}

/** What of Node's own streams is used here. */
interface StreamHandle {
  readonly writeQueueSize: number;
  /** @returns 0 when it begins to be read, and libuv's error (UV_EALREADY) when it is already. */
  readStart(): number;
}
