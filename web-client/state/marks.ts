import { type MaskRuns, rleBoundingBox } from "../../proto/index.js";
import { deepestPlaces } from "../../services/sam/prompts/deepest-places.js";
import type { Corners } from "../geometry/spot.js";
import type { PromptPoint } from "../sdk/session/prompts.js";

/** What a stroke, or a shape, says to a model that was trained on clicks: points where it is deepest. In pixels of the picture. */
export function marksOf(mask: MaskRuns, label: 0 | 1, most: number): PromptPoint[] {
  return deepestPlaces(mask, most).map((place) => ({ ...place, label }));
}

export function boundsOf(mask: MaskRuns): Corners {
  const { x, y, width, height } = rleBoundingBox(mask);
  return { x0: x, y0: y, x1: x + width, y1: y + height };
}
