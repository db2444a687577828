import type { DatasetPicture, NextPicturesResponse } from "../../../proto/index.js";

/*
 * The way through a data set's pictures: the one that is worked on, those that come next in the direction of travel and are
 * brought here ahead, and those that were left behind a moment ago.
 */

export interface Travel {
  readonly current: DatasetPicture | undefined;
  /** The nearest first. */
  readonly ahead: readonly DatasetPicture[];
  /** The latest last. */
  readonly behind: readonly DatasetPicture[];
  readonly way: Way;
  readonly position: number;
  readonly total: number;
}

export type Way = "forward" | "back";

export const noTravel: Travel = {
  current: undefined,
  ahead: [],
  behind: [],
  way: "forward",
  position: 0,
  total: 0,
};

/** The ones that are ready behind whoever goes on: they may come back. */
const mostBehind = 1;
export const mostAhead = 2;

/** The next one, where it is known. @returns undefined where it has to be asked for. */
export function gone(travel: Travel, way: Way): Travel | undefined {
  const { current } = travel;
  const isTurned = way !== travel.way;
  const [next, ...ahead] = isTurned ? travel.behind.toReversed() : travel.ahead;
  if (next === undefined) return undefined;
  const behind = current === undefined ? [] : [current];
  return {
    ...travel,
    current: next,
    ahead,
    behind: isTurned ? behind : [...travel.behind, ...behind].slice(-mostBehind),
    way,
    position: Math.max(0, travel.position + (way === "forward" ? 1 : -1)),
  };
}

/** One that was asked for by itself. */
export function landed(travel: Travel, way: Way, { pictures, position, total }: NextPicturesResponse): Travel {
  const [current, ...ahead] = pictures;
  const behind = travel.current === undefined ? [] : [travel.current];
  return { current, ahead, behind, way, position, total };
}

/** What comes after the one that is worked on. */
export function foreseen(travel: Travel, about: bigint, pictures: readonly DatasetPicture[]): Travel {
  return travel.current?.id === about ? { ...travel, ahead: pictures.slice(0, mostAhead) } : travel;
}

/** Those that are to be at hand. */
export function atHand({ current, ahead, behind }: Travel): readonly DatasetPicture[] {
  return [...(current === undefined ? [] : [current]), ...ahead.slice(0, mostAhead), ...behind];
}
