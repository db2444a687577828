import { type CheckedPrompt, PromptError } from "../prompts/check-prompt.js";
import type { Region } from "../region.js";

/**
 * A prompt in pixels of the picture as one in pixels of a part. Points beside the object that lie outside say nothing there and
 * go; what of a box lies outside does too. Its mask stays as it was: `maskInPart` moves it, where frames are known.
 * @throws PromptError when a point on the object lies outside, or the whole box.
 */
export function promptInPart({ points, box, mask }: CheckedPrompt, part: Region): CheckedPrompt {
  const { x: left, y: top, width, height } = part;
  const moved = points.flatMap(({ x, y, label }) => {
    const at = { x: x - left, y: y - top, label };
    if (at.x >= 0 && at.x <= width && at.y >= 0 && at.y <= height) return [at];
    if (label === 0) return [];
    throw new PromptError(`The point (${x}, ${y}) lies outside ${named(part)}, which is to be decoded.`);
  });
  return { points: moved, ...(box ? { box: boxInPart(box, part) } : {}), ...(mask ? { mask } : {}) };
}

function boxInPart(box: NonNullable<CheckedPrompt["box"]>, part: Region): NonNullable<CheckedPrompt["box"]> {
  const clamp = (value: number, max: number) => Math.min(Math.max(value, 0), max);
  const x0 = clamp(box.x0 - part.x, part.width);
  const x1 = clamp(box.x1 - part.x, part.width);
  const y0 = clamp(box.y0 - part.y, part.height);
  const y1 = clamp(box.y1 - part.y, part.height);
  if (x0 < x1 && y0 < y1) return { x0, y0, x1, y1 };
  throw new PromptError(`The box lies outside ${named(part)}, which is to be decoded.`);
}

const named = ({ x, y, width, height }: Region) => `the part ${width} x ${height} at (${x}, ${y})`;
