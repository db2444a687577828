import type { BoundingBox, Prompt } from "../../../proto/index.js";
import type { PictureSize, Region } from "../region.js";
import { isOnLattice, onLattice } from "./lattice.js";

/** What of the object's size is added on each side: the model judges an object by what surrounds it. */
const margin = 0.6;
/** A side that is shorter than this share of the longer one gets the margin of one that is not. */
const leastShape = 0.5;
/** Fewer pixels, enlarged to the model's frame, are a blur that it was not trained on. */
const leastSide = 256;
/** How many times larger a part has to show the object than the picture does. */
const leastGain = 1.5;

/**
 * The part of the picture to look at an object in: its mask's box, the prompt's box and the points on it, with a margin.
 * @returns undefined where no part shows it much larger than the picture does.
 */
export function choosePart(box: BoundingBox, prompt: Prompt | undefined, picture: PictureSize): Region | undefined {
  if (box.width === 0 || box.height === 0) return undefined;
  const object = around(box, prompt);
  const longer = Math.max(object.width, object.height);
  const across = extend(object.x, object.width, longer, picture.width);
  const down = extend(object.y, object.height, longer, picture.height);
  const wanted = { x: across.from, y: down.from, width: across.to - across.from, height: down.to - down.from };
  const part = onLattice(wanted, picture);
  return gainOf(part, picture) >= leastGain ? part : undefined;
}

/** Whether a part is one that `choosePart` can give: of all others there are too many to be kept. */
export function isPart(part: Region, picture: PictureSize): boolean {
  const isLargeEnough = (side: number, most: number) => side >= Math.min(leastSide, most);
  return (
    isOnLattice(part, picture) &&
    isLargeEnough(part.width, picture.width) &&
    isLargeEnough(part.height, picture.height) &&
    gainOf(part, picture) >= leastGain
  );
}

/** How many times larger a part shows the same object. */
const gainOf = (part: Region, picture: PictureSize) =>
  Math.max(picture.width, picture.height) / Math.max(part.width, part.height);

function around(box: BoundingBox, prompt: Prompt | undefined): Region {
  let [left, top, right, bottom] = [box.x, box.y, box.x + box.width, box.y + box.height];
  const take = (x = left, y = top) => {
    left = Math.min(left, x);
    top = Math.min(top, y);
    right = Math.max(right, x);
    bottom = Math.max(bottom, y);
  };
  for (const { x, y, label } of prompt?.points ?? []) if (label !== 0) take(x, y);
  if (prompt?.box) {
    take(prompt.box.x0, prompt.box.y0);
    take(prompt.box.x1, prompt.box.y1);
  }
  return { x: left, y: top, width: right - left, height: bottom - top };
}

/** One axis with its margins, inside the picture as far as that is large enough. */
function extend(start: number, length: number, longer: number, most: number): { from: number; to: number } {
  const wanted = length + 2 * margin * Math.max(length, leastShape * longer);
  const side = Math.min(most, Math.max(wanted, leastSide));
  const from = Math.min(Math.max(0, start + (length - side) / 2), most - side);
  return { from, to: from + side };
}
