import { encodeCounts, rleArea, rleBoundingBox } from "../../proto/index.js";
import type { Frame } from "../runtime/models/frame.js";
import type { DecodedGrid, DecodedMask, GridTask, GridThresholds } from "./decoder-tasks.js";
import { isCutOff, placeMask } from "./everything/crop-mask.js";
import { removeSmallRegions } from "./everything/small-regions.js";
import type { Candidates, DecoderGraph, Width } from "./graphs/decoder-graph.js";
import { selectMasks } from "./masks/select-masks.js";
import { traceMask } from "./masks/trace-mask.js";
import { promptTokens } from "./prompts/prompt-tokens.js";

/** Points of a grid, each a prompt of its own -> for each the masks that reach the thresholds. */
export async function decodeGrid(
  { points, thresholds, part }: GridTask,
  graph: DecoderGraph,
  embedding: unknown,
  frame: Frame,
  width: Width,
): Promise<DecodedGrid> {
  const prompts = points.map(({ x, y }) => promptTokens({ points: [{ x, y, label: 1 }] }, frame));
  const answers = await graph.decode(embedding, prompts, undefined, width);
  return answers.map((candidates, index) => {
    const tokens = prompts[index]?.count ?? 0;
    return selectMasks(candidates.predictedIou, tokens, true)
      .map((mask) => accept(candidates, mask, frame, thresholds, part))
      .filter((mask) => mask !== undefined);
  });
}

/** The filters of `SamAutomaticMaskGenerator._process_batch`, the cheap ones first. */
function accept(
  { logits: all, predictedIou }: Candidates,
  index: number,
  frame: Frame,
  { predIou, stabilityScore: leastStability, stabilityOffset, minRegionArea }: GridThresholds,
  part: GridTask["part"],
): DecodedMask | undefined {
  const score = predictedIou[index] as number;
  if (!(score > predIou)) return undefined;
  const cells = frame.gridSize ** 2;
  const logits = all.subarray(index * cells, (index + 1) * cells);
  const stability = pictureStability(logits, frame, stabilityOffset);
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

/**
 * Meta's generator takes the stability score at the picture's resolution. The one on the model's grid is no stand-in, not
 * even with a margin: a small object is a few dozen cells, and its scores were seen to lie 0.11 apart.
 */
function pictureStability(logits: Float32Array, frame: Frame, offset: number): number {
  const larger = traceMask(logits, frame, -offset).area;
  return larger === 0 ? 0 : traceMask(logits, frame, offset).area / larger;
}
