import type { World } from "../world.js";

/** A scene in which something moves. */
export interface Video {
  readonly name: string;
  /** What makes it hard. */
  readonly what: string;
  /** Named bodies that are followed, the first as object 1. */
  readonly objects: readonly string[];
  /** @param time from 0, the first frame, to 1, the last. */
  at(time: number): World;
}
