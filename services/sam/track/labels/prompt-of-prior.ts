import { rleBoundingBox } from "../../../../proto/rle.js";
import { bitmapToRle } from "../../../../proto/rle-bitmap.js";
import { contentGrid, type Frame } from "../../frame.js";
import type { CheckedPrompt } from "../../prompts/check-prompt.js";
import { deepestPlaces } from "../../prompts/deepest-places.js";

/**
 * A place is the object's from here on. Less than a half: of what turns or moves fast few of the seven nearest cells are its own. Over our
 * own videos and cut-outs that are moved over photographs J&F was 70.3 with 0.5, 75.6 with 0.4, 73.3 with 0.33.
 */
const least = 0.4;
/** From a pixel's corner to its middle. */
const half = 0.5;
/** By so much of its sides the box is larger than the prior: cells are coarse. */
const boxMargin = 0.03;
const mostPoints = 3;
/** From 0 to 1 -> logits, cut where the model's own mostly lie. */
const logitsOfOne = 20;
const mostLogits = 10;

/** What the model is asked in a frame where an object is thought to be. */
interface PriorPrompt {
  /** Points and box in pixels of the picture; its mask are the logits. */
  readonly prompt: CheckedPrompt;
  /** float32 [gridSize, gridSize]: what the mask is where the model's answer is not taken. */
  readonly logits: Float32Array;
  /** Pixels of the picture that are the object's by the prior, about. */
  readonly pixels: number;
}

/** @param prior float32 [gridSize, gridSize], 0 to 1. @returns undefined where it is nowhere the object's. */
export function promptOfPrior(prior: Float32Array, frame: Frame): PriorPrompt | undefined {
  const { gridSize, pictureWidth, pictureHeight } = frame;
  const { columns, rows } = contentGrid(frame);
  const bitmap = new Uint8Array(columns * rows);
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++) bitmap[y * columns + x] = prior[y * gridSize + x]! > least ? 1 : 0;
  }
  const shape = bitmapToRle(bitmap, columns, rows);
  const { x, y, width, height } = rleBoundingBox(shape);
  if (width === 0) return undefined;
  const toX = pictureWidth / columns;
  const toY = pictureHeight / rows;
  const across = (place: number) => Math.min(Math.max(place * toX, 0), pictureWidth - 1);
  const down = (place: number) => Math.min(Math.max(place * toY, 0), pictureHeight - 1);
  const logits = prior.map((share) => Math.min(Math.max((share - least) * logitsOfOne, -mostLogits), mostLogits));
  const points = deepestPlaces(shape, mostPoints).map((place) => ({
    x: across(place.x + half),
    y: down(place.y + half),
    label: 1 as const,
  }));
  const box = {
    x0: across(x - boxMargin * width),
    y0: down(y - boxMargin * height),
    x1: across(x + width + boxMargin * width),
    y1: down(y + height + boxMargin * height),
  };
  const cells = bitmap.reduce((sum, cell) => sum + cell, 0);
  return { prompt: { points, box, mask: { logits } }, logits, pixels: cells * toX * toY };
}
