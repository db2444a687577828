import { type Frame, toModel } from "../frame.js";
import type { CheckedPrompt } from "./check-prompt.js";

/** Labels of SAM's prompt encoder (Meta's ONNX export): besides 0 and 1 a box's corners and the pad. */
const boxTopLeft = 2;
const boxBottomRight = 3;
const pad = -1;

/** A prompt's points and box as the decoder's sparse inputs. */
export interface PromptTokens {
  /** float32 [count, 2]: x, y in model pixels. */
  coords: Float32Array;
  /** float32 [count]. */
  labels: Float32Array;
  count: number;
}

/** Points, then the box's corners; without a box one pad point, as SAM was trained (`PromptEncoder._embed_points`). */
export function promptTokens({ points, box }: CheckedPrompt, frame: Frame): PromptTokens {
  const tokens: [x: number, y: number, label: number][] = points.map(({ x, y, label }) => [x, y, label]);
  if (box) tokens.push([box.x0, box.y0, boxTopLeft], [box.x1, box.y1, boxBottomRight]);
  const count = tokens.length + (box ? 0 : 1);
  const coords = new Float32Array(2 * count);
  const labels = new Float32Array(count).fill(pad);
  for (const [index, [x, y, label]] of tokens.entries()) {
    const at = toModel(frame, x, y);
    coords[2 * index] = at.x;
    coords[2 * index + 1] = at.y;
    labels[index] = label;
  }
  return { coords, labels, count };
}
