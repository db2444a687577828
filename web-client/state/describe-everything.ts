import { words } from "../words/words.js";
import type { Description } from "./description.js";
import { inReadingOrder } from "./found.js";
import { duration, momentMs, percent } from "./numbers.js";
import type { ShownPicture } from "./state.js";
import type { Everything, Overlay } from "./work.js";

/** Everything mode in words, for the line under the picture. */
export function describeOverlay(everything: Everything, nowMs: number): Description {
  const still = { progress: undefined, problem: false };
  switch (everything.kind) {
    case "finding": {
      const { pointsDone, pointsTotal } = everything;
      const progress = pointsTotal > 0 ? pointsDone / pointsTotal : null;
      return { text: withTimeLeft(finding(everything), everything, nowMs), progress, problem: false };
    }
    case "failed":
      return { text: everything.message, progress: undefined, problem: true };
    case "cancelled":
      return { text: words.everything.cancelled, ...still };
    case "done":
      return { text: outcome(everything), ...still };
    case "wanted":
      return { text: finding(everything), progress: null, problem: false };
    case "off":
      return { text: words.status.ready, ...still };
  }
}

/** Its count, for the panel. */
export function countOf(everything: Everything, nowMs: number): string {
  switch (everything.kind) {
    case "off":
      return "";
    case "wanted":
      return words.everything.beginsWhenReady;
    case "finding":
      // With the masks in view the line under the picture has the time.
      return everything.open
        ? words.everything.soFar(masks(everything))
        : withTimeLeft(words.everything.soFar(masks(everything)), everything, nowMs);
    case "done":
      return words.everything.foundIn(masks(everything), duration(everything.elapsedMs));
    case "cancelled":
      return words.everything.untilCancelled(masks(everything));
    case "failed":
      return words.everything.untilFailed(masks(everything));
  }
}

/** What a screen reader hears: nothing that changes by the second. */
export function announceOverlay({ everything, info }: ShownPicture): string {
  if (everything.kind === "off") return "";
  const ordered = inReadingOrder(everything.found);
  const at = ordered.findIndex(({ id }) => id === everything.lit);
  const mask = ordered[at]?.mask;
  if (mask !== undefined) {
    const share = percent(mask.area / (info.width * info.height));
    const spoken = words.everything.maskSpoken(at + 1, ordered.length, share, percent(mask.predictedIou));
    return mask.grounding === undefined ? spoken : words.byWords.maskSpoken(mask.grounding.label, spoken);
  }
  const { keysSpoken, foundSpoken, cancelledSpoken } = words.everything;
  switch (everything.kind) {
    case "wanted":
    case "finding":
      return everything.words === undefined ? words.everything.findingSpoken : finding(everything);
    case "done":
      if (everything.words !== undefined && ordered.length > 0) return `${outcome(everything)}. ${keysSpoken}`;
      return ordered.length === 0 ? outcome(everything) : `${foundSpoken(masks(everything))} ${keysSpoken}`;
    case "cancelled":
      return `${cancelledSpoken(masks(everything))} ${keysSpoken}`;
    case "failed":
      return everything.message;
  }
}

function finding({ words: asked }: Overlay): string {
  return asked === undefined ? words.everything.finding : words.byWords.finding(asked);
}

function outcome({ found, words: asked }: Overlay): string {
  if (asked !== undefined) {
    return found.length === 0 ? words.byWords.none(asked) : words.byWords.done(found.length, asked);
  }
  return found.length === 0 ? words.everything.none : words.everything.done;
}

function withTimeLeft(
  text: string,
  { pointsDone, etaMs, heardAtMs }: Extract<Everything, { kind: "finding" }>,
  nowMs: number,
): string {
  // Before the first points are answered there is nothing to guess from.
  if (pointsDone === 0) return text;
  const leftMs = etaMs - (nowMs - heardAtMs);
  return words.status.with(
    text,
    leftMs > momentMs ? words.status.aboutLeft(duration(leftMs)) : words.status.momentLeft,
  );
}

function masks({ found }: Overlay): string {
  return words.everything.masks(found.length);
}
