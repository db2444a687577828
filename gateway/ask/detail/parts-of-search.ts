import { create } from "@bufbuild/protobuf";
import {
  type Annotation,
  DetailMode,
  isSmallObject,
  PromptSchema,
  type SegmentEverythingRequest,
} from "../../../proto/index.js";
import type { PictureSize, Region } from "../region.js";
import { choosePart } from "./choose-part.js";
import { pictureOf } from "./picture-of.js";

/** How much larger a part may be that serves in the place of another. */
const mostLarger = 1.5;

/** What of an object's size has to be around it there, on each side. */
const leastMargin = 0.3;

interface Wanted {
  part: Region;
  box: Region;
  picture: PictureSize;
  annotation: Annotation;
}

/** A part of the picture, and what of a search is looked at there again. */
export interface PartOfSearch {
  readonly part: Region;
  readonly annotations: readonly Annotation[];
}

/**
 * Where a search's masks are made finer (Z9): with AUTO those of small objects. A part that holds another's object too, and is
 * little larger than its own, serves for both.
 * @param most parts; those with most masks are taken.
 */
export function groupByPart(
  { detail }: Pick<SegmentEverythingRequest, "detail">,
  annotations: readonly Annotation[],
  most: number,
): PartOfSearch[] {
  if (detail !== DetailMode.AUTO && detail !== DetailMode.ALWAYS) return [];
  const wanted = annotations.flatMap((annotation): Wanted[] => {
    const { mask, point } = annotation;
    const picture = mask && pictureOf(mask);
    if (!mask?.bbox || !picture || (detail === DetailMode.AUTO && !isSmallObject(mask.bbox, picture))) return [];
    const part = choosePart(mask.bbox, create(PromptSchema, { points: point ? [point] : [] }), picture);
    return part ? [{ part, box: mask.bbox, picture, annotation }] : [];
  });
  wanted.sort((a, b) => b.part.width * b.part.height - a.part.width * a.part.height);
  const groups: { part: Region; annotations: Annotation[] }[] = [];
  for (const one of wanted) {
    const group = groups.find(({ part }) => serves(part, one));
    if (group) group.annotations.push(one.annotation);
    else groups.push({ part: one.part, annotations: [one.annotation] });
  }
  return groups.sort((a, b) => b.annotations.length - a.annotations.length).slice(0, most);
}

/** Whether a part shows what another was chosen for, with some of its surroundings and hardly smaller. */
function serves(part: Region, { part: other, box, picture }: Wanted): boolean {
  const around = leastMargin * Math.max(box.width, box.height);
  return (
    part.x <= Math.max(0, box.x - around) &&
    part.y <= Math.max(0, box.y - around) &&
    part.x + part.width >= Math.min(picture.width, box.x + box.width + around) &&
    part.y + part.height >= Math.min(picture.height, box.y + box.height + around) &&
    Math.max(part.width, part.height) <= mostLarger * Math.max(other.width, other.height)
  );
}
