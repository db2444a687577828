import { words } from "../words/words.js";

/** Numbers as a person reads them. */

/** A guess that is nearly over says nothing useful; from here on it is "a moment". */
export const momentMs = 900;

export function milliseconds(ms: number): string {
  if (ms >= 10_000) return words.units.seconds((ms / 1000).toFixed(0));
  if (ms >= 1_000) return words.units.seconds((ms / 1000).toFixed(1));
  return words.units.milliseconds(ms < 10 ? ms.toFixed(1) : ms.toFixed(0));
}

export function percent(share: number): string {
  const value = Math.min(1, Math.max(0, share)) * 100;
  return `${value < 1 && value > 0 ? value.toFixed(1) : value.toFixed(0)} %`;
}

export function duration(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  return seconds < 90 ? words.units.seconds(seconds) : words.units.minutes(Math.round(seconds / 60));
}
