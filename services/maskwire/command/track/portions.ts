import type { TrackPrompt } from "../../../../proto/index.js";

/** Frames of a video that are asked for together: both ends are of it. */
export interface Portion {
  readonly first: number;
  readonly last: number;
}

/** Frames of a portion: a gateway's cache need not hold a whole video. */
const usual = 32;

/**
 * The wanted frames in the order in which they are asked for, so that each is made from what it is made from in one run over all of them:
 * a portion ends where no object's frames are followed to from a prompt behind its end, and is longer for that where prompts are far apart.
 */
export function portionsOf(
  prompts: readonly Pick<TrackPrompt, "object" | "frame">[],
  { first, last }: Portion,
  most = usual,
): Portion[] {
  const from = Math.min(...prompts.map(({ frame }) => frame));
  const spans = spansOf(prompts, last);
  const portions: Portion[] = [];
  for (let at = Math.max(from, first); at <= last; ) {
    let end = Math.min(last, at + most - 1);
    while (end < last && spans.some((span) => span.first <= end && end < span.last)) end++;
    portions.push({ first: at, last: end });
    at = end + 1;
  }
  // Before them all each frame is followed to from behind, one after the other.
  for (let at = Math.min(from - 1, last); at >= first; at -= most)
    portions.push({ first: Math.max(first, at - most + 1), last: at });
  return portions;
}

/** Frames that are followed to from the prompt at the end of each, by object; an end behind `last` is nobody's, unless there is no other. */
function spansOf(prompts: readonly Pick<TrackPrompt, "object" | "frame">[], last: number): Portion[] {
  const shown = new Map<number, number[]>();
  for (const { object, frame } of prompts) shown.set(object, [...(shown.get(object) ?? []), frame]);
  return [...shown.values()].flatMap((frames) => {
    const sorted = frames.sort((a, b) => a - b);
    return sorted.flatMap((behind, at) => {
      const before = sorted[at - 1];
      if (before === undefined) return [{ first: 0, last: behind }];
      return behind <= last ? [{ first: Math.floor((before + behind) / 2) + 1, last: behind }] : [];
    });
  });
}
