import type { Description } from "./describe.js";
import { inReadingOrder } from "./found.js";
import type { Everything, Overlay, ShownPicture } from "./state.js";
import { duration, momentMs, percent } from "./words.js";

/** Everything mode in words, for the line under the picture. */
export function describeOverlay(everything: Everything, nowMs: number): Description {
  const still = { progress: undefined, problem: false };
  switch (everything.kind) {
    case "finding": {
      const { pointsDone, pointsTotal } = everything;
      const progress = pointsTotal > 0 ? pointsDone / pointsTotal : null;
      return { text: `Finding everything${timeLeft(everything, nowMs)}`, progress, problem: false };
    }
    case "failed":
      return { text: everything.message, progress: undefined, problem: true };
    case "cancelled":
      return { text: "Cancelled, what was found stays", ...still };
    case "done":
      return { text: everything.found.length === 0 ? "Nothing was found" : "Everything found", ...still };
    case "wanted":
      return { text: "Finding everything", progress: null, problem: false };
    case "off":
      return { text: "Ready", ...still };
  }
}

/** Its count, for the panel. */
export function countOf(everything: Everything, nowMs: number): string {
  switch (everything.kind) {
    case "off":
      return "";
    case "wanted":
      return "Begins as soon as the picture is ready";
    case "finding":
      // With the masks in view the line under the picture has the time.
      return `${masks(everything)} so far${everything.open ? "" : timeLeft(everything, nowMs)}`;
    case "done":
      return `${masks(everything)} found in ${duration(everything.elapsedMs)}`;
    case "cancelled":
      return `${masks(everything)} until it was cancelled`;
    case "failed":
      return `${masks(everything)} until it failed`;
  }
}

/** What a screen reader hears: nothing that changes by the second. */
export function announceOverlay({ everything, photo }: ShownPicture): string {
  if (everything.kind === "off") return "";
  const ordered = inReadingOrder(everything.found);
  const at = ordered.findIndex(({ id }) => id === everything.lit);
  const mask = ordered[at]?.mask;
  if (mask !== undefined) {
    const share = percent(mask.area / (photo.width * photo.height));
    return `Mask ${at + 1} of ${ordered.length}, ${share} of the picture, score ${percent(mask.predictedIou)}.`;
  }
  const keys = "Tab and the arrow keys go through them, Enter takes one, Escape goes back to clicking.";
  switch (everything.kind) {
    case "wanted":
    case "finding":
      return "Finding everything. Escape cancels.";
    case "done":
      return ordered.length === 0 ? "Nothing was found." : `${masks(everything)} found. ${keys}`;
    case "cancelled":
      return `Cancelled. ${masks(everything)} found. ${keys}`;
    case "failed":
      return everything.message;
  }
}

function timeLeft({ pointsDone, etaMs, heardAtMs }: Extract<Everything, { kind: "finding" }>, nowMs: number): string {
  // Before the first points are answered there is nothing to guess from.
  if (pointsDone === 0) return "";
  const leftMs = etaMs - (nowMs - heardAtMs);
  return leftMs > momentMs ? `, about ${duration(leftMs)} left` : ", a moment left";
}

function masks({ found }: Overlay): string {
  return found.length === 1 ? "1 mask" : `${found.length} masks`;
}
