import { listenToKeys } from "../keys/listen-to-keys.js";
import { pickedPoint, pictureSize } from "../state/pointed.js";
import { overlayOf } from "../state/state.js";
import type { StatePort } from "../state/state-port.js";

/** The canvas without a mouse. */
export function listenToCanvasKeys(canvas: HTMLCanvasElement, port: StatePort): void {
  const { dispatch } = port;
  const atMs = () => performance.now();
  const overlay = () => overlayOf(port.state.picture);
  listenToKeys(
    canvas,
    "masks",
    {
      step: (to) => {
        dispatch({ kind: "everything-step", to });
        return overlay()?.lit !== undefined;
      },
      take: () => dispatch({ kind: "everything-take" }),
    },
    () => (overlay()?.found.length ?? 0) > 0,
  );
  listenToKeys(canvas, "view", { drag: () => dispatch({ kind: "pan-key", isHeld: true }) });
  listenToKeys(
    canvas,
    "canvas",
    {
      move: (way, isFine) => dispatch({ kind: "cursor-moved", way, isFine }),
      use: (isSecondary) => dispatch({ kind: "cursor-used", isSecondary, atMs: atMs() }),
      leaveOut: () => dispatch({ kind: "cursor-left-out", atMs: atMs() }),
      pick: (by) => dispatch({ kind: "point-picked", by, atMs: atMs() }),
      removePoint: () => {
        const isPicked = pickedPoint(port.state) !== undefined;
        dispatch({ kind: "picked-removed", atMs: atMs() });
        return isPicked;
      },
    },
    () => pictureSize(port.state) !== undefined,
  );
  canvas.addEventListener("keyup", ({ key }) => {
    if (key.startsWith("Arrow")) dispatch({ kind: "carried-dropped", atMs: atMs() });
  });
  canvas.addEventListener("blur", () => dispatch({ kind: "cursor-hidden", atMs: atMs() }));
  addEventListener("keyup", ({ key }) => {
    if (key === " ") dispatch({ kind: "pan-key", isHeld: false });
  });
  addEventListener("blur", () => dispatch({ kind: "pan-key", isHeld: false }));
}
