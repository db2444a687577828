import { encodeCounts, rleArea, rleBoundingBox } from "../../../proto/rle.js";
import { placeMask } from "../../sam/crop/place-mask.js";
import type { OpenPicture } from "../../sam/decode/decode-prompt.js";
import type { MaskDecoder } from "../../sam/decode/mask-decoder.js";
import type { Frame } from "../../sam/frame.js";
import { type ChosenMask, chooseMasks } from "../../sam/masks/candidates.js";
import type { DecodedMask } from "../../sam/masks/decoded-mask.js";
import { traceMask } from "../../sam/masks/trace-mask.js";
import { promptTokens } from "../../sam/prompts/prompt-tokens.js";
import { isCutOff } from "../masks/cut-off.js";
import { PictureStability } from "../masks/picture-stability.js";
import { removeSmallRegions } from "../masks/small-regions.js";
import type { DecodedGrid, GridTask, GridThresholds } from "./decoder-tasks.js";

/**
 * Points of a grid, each a prompt of its own -> for each the masks that reach the thresholds. A run each: the intermediate
 * results of several no longer fit the processor's cache, which costs a run of four a seventh of its speed.
 */
export async function decodeGrid<Kept>(
  { points, thresholds, part }: GridTask,
  decoder: MaskDecoder<Kept>,
  { kept, frame }: Pick<OpenPicture<Kept>, "kept" | "frame">,
): Promise<DecodedGrid> {
  const stability = new PictureStability(frame);
  const found: DecodedGrid = [];
  for (const { x, y } of points) {
    const tokens = promptTokens({ points: [{ x, y, label: 1 }] }, frame, decoder.spec.tokens);
    const candidates = await decoder.decode(kept, tokens, undefined);
    found.push(
      chooseMasks(candidates, tokens.count, true, frame)
        .map((mask) => accept(mask, frame, stability, thresholds, part))
        .filter((mask) => mask !== undefined),
    );
  }
  return found;
}

/** The filters of `SamAutomaticMaskGenerator._process_batch`, the cheap ones first. */
function accept(
  { logits, predictedIou }: ChosenMask,
  frame: Frame,
  pictureStability: PictureStability,
  { predIou, stabilityScore: leastStability, stabilityOffset, minRegionArea }: GridThresholds,
  part: GridTask["part"],
): DecodedMask | undefined {
  if (!(predictedIou > predIou)) return undefined;
  const stability = pictureStability.score(logits, stabilityOffset);
  if (stability < leastStability) return undefined;
  const traced = traceMask(logits, frame);
  if (part && isCutOff(traced.box, part.crop, part.picture)) return undefined;
  const placed = part ? placeMask(traced, part.crop, part.picture) : traced;
  const mask = minRegionArea > 0 ? removeSmallRegions(placed, minRegionArea) : placed;
  const area = rleArea(mask);
  if (area === 0) return undefined;
  return {
    counts: encodeCounts(mask.runs),
    box: rleBoundingBox(mask),
    area,
    predictedIou,
    stabilityScore: stability,
  };
}
