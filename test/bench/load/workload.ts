import type { Habits } from "../../simulation/visit.js";

/** How people work, as options of a suite. */
export const habitOptions = {
  "think-ms": { value: 4000, what: "mean time from one click to the next" },
  "think-sigma": { value: 0.8, what: "its spread: standard deviation of the logarithm" },
  hovers: { value: 1, what: "previews on the way to a click, on average" },
  "clicks-per-picture": { value: 20, what: "mean clicks before the next picture is opened" },
  "new-share": { value: 0.05, what: "share of opened pictures that nobody has opened before" },
} as const;

/** For a machine that is not ours alone. */
export const patienceOption = {
  "patience-s": { value: 120, what: "how long all in all to measure again what others disturbed" },
} as const;

/** The web client asks for no more. */
const hoverEveryMs = 150;

export function habitsOf(numbers: Record<keyof typeof habitOptions, number>, albumSize: number): Habits {
  return {
    thinkMs: numbers["think-ms"],
    thinkSigma: numbers["think-sigma"],
    hoversPerClick: numbers.hovers,
    hoverEveryMs,
    clicksPerPicture: numbers["clicks-per-picture"],
    newShare: numbers["new-share"],
    albumSize,
  };
}

/** Prompts a second of so many people: clicks and previews. */
export function promptsPerSecond(sessions: number, { thinkMs, hoversPerClick, clicksPerPicture }: Habits): number {
  // A pause as long as any other lies between two pictures.
  const clicks = (sessions * 1000 * clicksPerPicture) / (thinkMs * (clicksPerPicture + 1));
  return clicks * (1 + hoversPerClick);
}
