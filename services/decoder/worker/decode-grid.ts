import { encodeCounts, rleArea, rleBoundingBox } from "../../../proto/rle.js";
import type { Frame } from "../../sam/frame.js";
import { type Candidates, logitsAt } from "../../sam/masks/candidates.js";
import { selectMasks } from "../../sam/masks/select-masks.js";
import { traceMask } from "../../sam/masks/trace-mask.js";
import { promptTokens } from "../../sam/prompts/prompt-tokens.js";
import type { DecoderGraph, Width } from "../graphs/decoder-graph.js";
import { isCutOff, placeMask } from "../masks/crop-mask.js";
import { PictureStability } from "../masks/picture-stability.js";
import { removeSmallRegions } from "../masks/small-regions.js";
import type { DecodedGrid, DecodedMask, GridTask, GridThresholds } from "./decoder-tasks.js";

/**
 * Points of a grid, each a prompt of its own -> for each the masks that reach the thresholds. A run each: the intermediate
 * results of several no longer fit the processor's cache, which costs a run of four a seventh of its speed.
 */
export async function decodeGrid(
  { points, thresholds, part }: GridTask,
  graph: DecoderGraph,
  embedding: unknown,
  frame: Frame,
  width: Width,
): Promise<DecodedGrid> {
  const stability = new PictureStability(frame);
  const found: DecodedGrid = [];
  for (const { x, y } of points) {
    const prompt = promptTokens({ points: [{ x, y, label: 1 }] }, frame);
    const [candidates] = await graph.decode(embedding, [prompt], undefined, width);
    if (!candidates) throw new Error("the graph gave no answer to its prompt");
    found.push(
      selectMasks(candidates.predictedIou, prompt.count, true)
        .map((mask) => accept(candidates, mask, frame, stability, thresholds, part))
        .filter((mask) => mask !== undefined),
    );
  }
  return found;
}

/** The filters of `SamAutomaticMaskGenerator._process_batch`, the cheap ones first. */
function accept(
  candidates: Candidates,
  index: number,
  frame: Frame,
  pictureStability: PictureStability,
  { predIou, stabilityScore: leastStability, stabilityOffset, minRegionArea }: GridThresholds,
  part: GridTask["part"],
): DecodedMask | undefined {
  const score = candidates.predictedIou[index] as number;
  if (!(score > predIou)) return undefined;
  const logits = logitsAt(candidates, index, frame);
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
    predictedIou: score,
    stabilityScore: stability,
  };
}
