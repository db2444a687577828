import type { Random } from "./random.js";

/** How people work at a picture. */
export interface Habits {
  /** Mean time from one click to the next. */
  readonly thinkMs: number;
  /** Spread of that time: standard deviation of its logarithm. */
  readonly thinkSigma: number;
  /** Previews on the way to a click, on average. */
  readonly hoversPerClick: number;
  /** Between two previews, and before the click. */
  readonly hoverEveryMs: number;
  /** Mean clicks on a picture before the next one is opened. */
  readonly clicksPerPicture: number;
  /** Share of the opened pictures that nobody has opened before: these are encoded. */
  readonly newShare: number;
  /** Pictures among which the others are. */
  readonly albumSize: number;
}

export interface PlannedPrompt {
  /** When the person means to do it, after the picture is ready, whatever has been answered by then. */
  readonly atMs: number;
  readonly preview: boolean;
}

export interface PlannedPicture {
  /** Of the album; undefined for a new one. */
  readonly album: number | undefined;
  /** In the order of their times. */
  readonly prompts: readonly PlannedPrompt[];
  /** After the picture is ready: the next one is opened then, or when the last click is answered. */
  readonly endMs: number;
}

/**
 * One person's pictures, without end. The same plan drives real sessions and simulated ones, so that what differs between
 * the two is not chance.
 */
export function* planVisit(random: Random, habits: Habits): Generator<PlannedPicture, never> {
  // People are met in the middle of what they do, not all at its beginning.
  let share = random.uniform();
  for (let isFirst = true; ; isFirst = false) {
    // A first picture in an album is everybody's: sessions begin with one that is encoded.
    const isNew = !isFirst && random.uniform() < habits.newShare;
    const album = isNew ? undefined : random.below(habits.albumSize);
    const clicks = Math.max(1, Math.round(random.exponential(habits.clicksPerPicture)));
    const prompts: PlannedPrompt[] = [];
    let atMs = 0;
    for (let click = 0; click < clicks; click++) {
      const before = atMs;
      atMs += share * random.logNormal(habits.thinkMs, habits.thinkSigma);
      share = 1;
      const hovers = Math.floor(habits.hoversPerClick + random.uniform());
      for (let left = hovers; left > 0; left--) {
        const hoverAt = atMs - left * habits.hoverEveryMs;
        if (hoverAt > before) prompts.push({ atMs: hoverAt, preview: true });
      }
      prompts.push({ atMs, preview: false });
    }
    yield { album, prompts, endMs: atMs + random.logNormal(habits.thinkMs, habits.thinkSigma) };
  }
}
