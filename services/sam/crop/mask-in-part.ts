import type { Frame } from "../frame.js";
import type { PictureSize, PromptMask } from "../prompts/check-prompt.js";
import type { Region } from "../region.js";
import { cutMask } from "./place-mask.js";
import { resampleLogits } from "./resample-logits.js";

/**
 * The mask that a prompt starts from as one of the part that is decoded, or of the whole picture: logits of its own grid, or a
 * binary mask of its size.
 * @param part what is decoded; all of the picture when left out.
 * @param frameOf the frame of what has that size.
 */
export function maskInPart(
  mask: PromptMask,
  part: Region | undefined,
  picture: PictureSize,
  frameOf: (size: PictureSize) => Frame,
): PromptMask {
  if ("picture" in mask) return part ? { picture: cutMask(mask.picture, part) } : mask;
  const whole = { x: 0, y: 0, ...picture };
  const from = mask.crop ?? whole;
  const to = part ?? whole;
  const framed = (region: Region) => ({ region, frame: frameOf(region) });
  return { logits: isSame(from, to) ? mask.logits : resampleLogits(mask.logits, framed(from), framed(to)) };
}

const isSame = (a: Region, b: Region) => a.x === b.x && a.y === b.y && a.width === b.width && a.height === b.height;
