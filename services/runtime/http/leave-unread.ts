import type { Duplex } from "node:stream";

/** Node's parser of a connection: what it calls for every request that it has read. It has no other way to be told to stop. */
interface Parser {
  onIncoming?: unknown;
}

/**
 * Takes nothing that still comes on a connection for a request: its last answer is under way. Each of thousands that were sent
 * ahead would cost an object for itself and its answer, and an error with a stack when the connection ends.
 */
export function leaveUnread(socket: Duplex): void {
  const { parser } = socket as Duplex & { parser?: Parser | null };
  if (parser?.onIncoming) parser.onIncoming = () => 0;
}
