import type { IncomingMessage } from "node:http";

/** How long the rest of a request that is answered may go on arriving. */
const discardMs = 5000;

/**
 * Throws away what still arrives, for a while: closing at once would reset the connection, and a sender that is busy
 * sending would never see the answer.
 */
export function discardRest(request: IncomingMessage): void {
  request.unpipe();
  request.resume();
  const timer = setTimeout(() => request.socket.destroy(), discardMs).unref();
  request.once("close", () => clearTimeout(timer));
}
