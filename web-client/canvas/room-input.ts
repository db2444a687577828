import type { StatePort } from "../state/state-port.js";

/** Tells what the picture can take of the page, whenever that changes. @returns tells it now, for those who cannot wait. */
export function listenToRoom(room: HTMLElement, { dispatch }: StatePort): () => void {
  const tell = () => dispatch({ kind: "room-resized", width: room.clientWidth || 1, height: room.clientHeight || 1 });
  new ResizeObserver(tell).observe(room);
  return tell;
}
