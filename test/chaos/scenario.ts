import type { Stage } from "./stage.js";

/** Something that goes wrong while people click. */
export interface Scenario {
  readonly name: string;
  /** One line for a person. */
  readonly title: string;
  /**
   * Breaks things, with `stage.fault()` at the moment of each, and mends them. Resolves when nothing is broken any more.
   * What it finds amiss beside the clicks' figures goes to `stage.problems`.
   */
  disturb(stage: Stage): Promise<void>;
}
