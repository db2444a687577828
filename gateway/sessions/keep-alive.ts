import type { WebSocket } from "ws";

/** Pings in a row without an answer, spread over the time of silence. */
const mostUnanswered = 2;

/**
 * B2: a peer that is only silent answers pings; one that is gone does not. Pings are counted, not time: while this process
 * stands still, answers lie unread, and that is no silence of the peer's.
 * @returns ends the watch.
 */
export function watchIdle(ws: WebSocket, idleMs: number, onGone: () => void): () => void {
  let unanswered = 0;
  // The last ping has as long to be answered as the others.
  const timer = setInterval(
    () => {
      if (unanswered >= mostUnanswered) return onGone();
      unanswered++;
      ws.ping();
    },
    idleMs / (mostUnanswered + 1),
  );
  const hear = () => {
    unanswered = 0;
    // The time of silence begins anew.
    timer.refresh();
  };
  ws.on("message", hear);
  ws.on("pong", hear);
  return () => clearInterval(timer);
}
