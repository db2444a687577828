import type { NumberType } from "../decode/graph-runner.js";
import { type Frame, toModel } from "../frame.js";
import type { CheckedPrompt } from "./check-prompt.js";

/** Labels of SAM's prompt encoder (Meta's ONNX export): besides 0 and 1 a box's corners and the pad. */
const boxTopLeft = 2;
const boxBottomRight = 3;
const pad = -1;

/** How a decoder's graph takes points and boxes. */
export interface TokenRules {
  /** Side of the square frame that coordinates are pixels of. */
  readonly side: number;
  /** Who puts the pad behind points without a box, as SAM was trained (`PromptEncoder._embed_points`). */
  readonly pad: "caller" | "graph";
  /** A box is two tokens, its corners, or goes into an input of its own. */
  readonly box: "corners" | "input";
  /** Axes of length 1 before the tokens': of the batch, and in some exports of prompts. */
  readonly axes: 1 | 2;
  /** Type of the labels. */
  readonly labels: NumberType;
}

/** A prompt's points and box as the decoder's sparse inputs. */
export interface PromptTokens {
  /** float32 [count, 2]: x, y in pixels of the rules' frame. */
  coords: Float32Array;
  /** float32 [count]. */
  labels: Float32Array;
  count: number;
  /** float32 [4]: left, top, right, bottom in the same pixels, where it is no token. */
  box?: Float32Array;
}

/** A prompt of nothing, as SAM 2 asks a frame whose object it remembers: a point that says so, and the pad behind it. */
export function noTokens({ pad: padBy }: Pick<TokenRules, "pad">): PromptTokens {
  const count = padBy === "graph" ? 1 : 2;
  return { coords: new Float32Array(2 * count), labels: new Float32Array(count).fill(pad), count };
}

/** Points, then the box's corners; without a box one pad point, where the graph does not put it there itself. */
export function promptTokens(
  { points, box }: CheckedPrompt,
  frame: Frame,
  { side, pad: padBy, box: boxAs }: Pick<TokenRules, "side" | "pad" | "box">,
): PromptTokens {
  const tokens: [x: number, y: number, label: number][] = points.map(({ x, y, label }) => [x, y, label]);
  const corners = box && boxAs === "corners";
  if (corners) tokens.push([box.x0, box.y0, boxTopLeft], [box.x1, box.y1, boxBottomRight]);
  const count = tokens.length + (box || padBy === "graph" ? 0 : 1);
  const coords = new Float32Array(2 * count);
  const labels = new Float32Array(count).fill(pad);
  const scale = side / frame.modelSize;
  const place = (to: Float32Array, index: number, x: number, y: number) => {
    const at = toModel(frame, x, y);
    to[2 * index] = at.x * scale;
    to[2 * index + 1] = at.y * scale;
  };
  for (const [index, [x, y, label]] of tokens.entries()) {
    place(coords, index, x, y);
    labels[index] = label;
  }
  if (!box || corners) return { coords, labels, count };
  const sides = new Float32Array(4);
  place(sides, 0, box.x0, box.y0);
  place(sides, 1, box.x1, box.y1);
  return { coords, labels, count, box: sides };
}
