import type { FoundStep } from "../state/found.js";

interface OverlayActions {
  /** Masks that lie over the picture; 0 while they do not. */
  readonly count: () => number;
  /** @returns whether there was a mask to go to. */
  readonly onStep: (to: FoundStep) => boolean;
  readonly onTake: () => void;
}

const steps: Readonly<Record<string, FoundStep>> = {
  ArrowLeft: "left",
  ArrowRight: "right",
  ArrowUp: "up",
  ArrowDown: "down",
  Home: "first",
  End: "last",
};

/** The found masks without a mouse: Tab goes through all of them, arrows to the nearest that way, Enter takes one. */
export function listenToOverlayKeys(canvas: HTMLCanvasElement, { count, onStep, onTake }: OverlayActions): void {
  canvas.addEventListener("keydown", (event) => {
    if (count() === 0 || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Tab") {
      // Beyond the last mask, and before the first, Tab leaves the picture as it always does.
      if (!onStep(event.shiftKey ? "previous" : "next")) return;
    } else if (event.key === "Enter" || event.key === " ") {
      onTake();
    } else {
      const to = steps[event.key];
      if (to === undefined) return;
      onStep(to);
    }
    event.preventDefault();
    // The same keys move a cursor where no masks lie.
    event.stopImmediatePropagation();
  });
}
