import type { Socket } from "node:net";

/** Between two looks at a connection. */
const usualLookMs = 250;

/**
 * Ends a connection that HTTP/2 has stopped reading. Node's does that, for good and without a word, when its peer has made a
 * mistake that ends the session (in nghttp2's words it wants to read no more; seen in Node 20): every call on it then waits for
 * pings, and nobody hears the peer leave. Of a connection that is read libuv says that it is; one that has something to
 * write may be read again when that has left. Over TLS what is to be written may never leave: then the connection beneath has
 * nothing to write, and nothing has moved on it since the last look.
 * @param socket that a session of HTTP/2 has taken over.
 */
export function endWhenDeaf(socket: Socket, lookMs = usualLookMs): void {
  let stuckAt: number | undefined;
  const look = () => {
    const handle = handleOf(socket);
    if (!handle) return;
    if (handle.writeQueueSize > 0) {
      const beneath = handleOf((socket as Wrapped)._parent);
      const wrote = beneath?.writeQueueSize === 0 ? beneath.bytesWritten : undefined;
      const isStuck = wrote !== undefined && wrote === stuckAt;
      stuckAt = wrote;
      if (!isStuck) return;
    }
    if (handle.readStart() === 0) socket.destroy();
  };
  const timer = setInterval(look, lookMs).unref();
  socket.once("close", () => clearInterval(timer));
}

const handleOf = (socket: Socket | null | undefined) =>
  (socket as { _handle?: StreamHandle | null } | undefined)?._handle;

/** What a TLS socket has beneath it; private in Node's types, as is the rest that is used here. */
type Wrapped = Socket & { readonly _parent?: Socket | null };

interface StreamHandle {
  readonly writeQueueSize: number;
  readonly bytesWritten: number;
  /** @returns 0 when it begins to be read, and libuv's error (UV_EALREADY) when it is already. */
  readStart(): number;
}
