import type { Socket } from "node:net";

/** A peer that connects and does not say what it wants holds a socket no longer than this. */
const firstBytesMs = 30_000;

/**
 * Looks at a connection's first bytes and puts them back. One that says nothing, or ends before, is ended.
 * @param tell what they begin, as soon as they say it; until then undefined.
 */
export function readFirstBytes<T>(
  socket: Socket,
  tell: (seen: Buffer) => T | undefined,
  found: (what: T) => void,
): void {
  const drop = () => socket.destroy();
  let seen = Buffer.alloc(0);
  const look = () => {
    const piece: Buffer | null = socket.read();
    if (!piece) {
      // The peer has ended without a request.
      drop();
      return;
    }
    seen = Buffer.concat([seen, piece]);
    const what = tell(seen);
    if (what === undefined) return;
    socket.off("readable", look);
    socket.off("timeout", drop);
    socket.setTimeout(0);
    socket.unshift(seen);
    found(what);
  };
  socket.setTimeout(firstBytesMs);
  socket.on("timeout", drop);
  socket.on("readable", look);
}
