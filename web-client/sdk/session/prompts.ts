import type { Rle } from "../../../proto/index.js";
import type { Corners, Region, Spot } from "../spot.js";

export interface Prompts {
  readonly points: readonly PromptPoint[];
  readonly box: Corners | undefined;
  /** A rough mask to start from, in pixels of the upright picture: painted, lassoed, or the outcome of merging objects. */
  readonly mask: Rle | undefined;
  /** What strokes said, as points that nobody has placed. */
  readonly marks?: readonly PromptPoint[] | undefined;
  /** The answer that the latest point refines. Not beside a rough mask: the model starts from one. */
  readonly from?: Start | undefined;
}

/** An earlier answer's mask, with what it came from: any gateway can make it again. */
export interface Start {
  readonly sequence: number;
  /** Which of the answer's masks; 0 is the best. */
  readonly mask: number;
  readonly prompts: Prompts;
  /** Whose mask it is, as a step names it. */
  readonly model?: string | undefined;
  /** Where that mask had been made finer; it is another than the first one. */
  readonly crop?: Region | undefined;
}

export interface PromptPoint extends Spot {
  readonly label: 0 | 1;
}

export const noPrompts: Prompts = { points: [], box: undefined, mask: undefined };

export function hasPrompts(prompts: Prompts): boolean {
  const { points, box, mask, marks = [] } = prompts;
  return points.length > 0 || box !== undefined || mask !== undefined || marks.length > 0;
}
