import { z } from "zod";
import {
  combineMasks,
  decodeLabelStudioRle,
  eachColumnSpan,
  type MaskRuns,
  polygonsToRle,
  rleArea,
} from "../../../proto/index.js";
import { invalidArgument } from "../../../services/runtime/errors.js";
import { type Area, type LabelledPoint, promptsOfAreas } from "../shared/areas.js";
import { boxAround, type Corner, ringLength } from "../shared/geometry.js";
import type { AdapterPrompt } from "../shared/prompts.js";

const number = z.number({ error: "a number is missing" });
const labels = z.array(z.string()).optional();

/** What somebody has drawn with a smart tool. */
export const regionForm = z.looseObject({
  type: z.string().default(""),
  to_name: z.string().default("image"),
  original_width: number.int().positive().optional(),
  original_height: number.int().positive().optional(),
  is_positive: z.boolean().optional(),
  value: z.looseObject({
    x: number.optional(),
    y: number.optional(),
    width: number.optional(),
    height: number.optional(),
    radiusX: number.optional(),
    radiusY: number.optional(),
    rotation: number.default(0),
    points: z.array(z.tuple([number, number])).optional(),
    rle: z.array(number).optional(),
    positive: z.boolean().optional(),
    labels,
  }),
});
export type DrawnRegion = z.output<typeof regionForm>;
/** One whose picture's size is known. */
export type Region = DrawnRegion & { original_width: number; original_height: number };

export const hasSize = (region: DrawnRegion): region is Region =>
  region.original_width !== undefined && region.original_height !== undefined;

/** Points of a stroke beside the object: more say no more. */
const strokePoints = 5;
/** Corners of the polygon that an ellipse is taken for. */
const ellipseCorners = 64;
/** Pixels around a polygon: to draw one that goes to and fro takes the time of its length. */
const longestOutline = 200_000;

/** Whether a region is drawn into a mask of the picture's size, which has to be known to be that. */
export const isDrawn = (region: Region): boolean => ["polygon", "brush"].includes(kindOf(region));

/**
 * What is asked with all regions that are drawn: each box, ellipse, polygon and brush is an object of its own, with the points in it; points alone are one object.
 * What is drawn beside the object, by who holds Alt, is none of it.
 * @param regions in percent of their picture. @throws ServiceError INVALID_ARGUMENT for what says nothing.
 */
export function promptsOf(regions: readonly Region[]): AdapterPrompt[] {
  const points: LabelledPoint[] = [];
  const areas: Area[] = [];
  let strokes: MaskRuns | undefined;
  for (const region of regions) {
    const isPositive = region.is_positive ?? region.value.positive ?? true;
    const kind = kindOf(region);
    if (kind === "keypoint") points.push({ ...pointOf(region), label: isPositive ? 1 : 0 });
    else if (kind === "brush") {
      const stroke = strokeOf(region);
      if (isPositive) strokes = strokes ? combineMasks(strokes, stroke, "union") : stroke;
      else points.push(...spread(stroke).map((point) => ({ ...point, label: 0 })));
    } else {
      const area = areaOf(kind, region);
      if (isPositive) areas.push(area);
      else points.push({ ...middleOf(area), label: 0 });
    }
  }
  // All strokes are of one object.
  if (strokes) areas.push({ mask: strokes });
  const prompts = promptsOfAreas(areas, points);
  if (prompts.length > 0) return prompts;
  throw invalidArgument(
    "Nothing is drawn that an object could be found by: use a smart point, box, ellipse, polygon or brush.",
  );
}

type Kind = "keypoint" | "rectangle" | "ellipse" | "polygon" | "brush";

/** @throws ServiceError INVALID_ARGUMENT for a region of another kind. */
function kindOf({ type }: Region): Kind {
  const kind = type.replace(/labels$/, "");
  if (["keypoint", "rectangle", "ellipse", "polygon", "brush"].includes(kind)) return kind as Kind;
  throw invalidArgument(`No object can be found by a region of the type "${type.slice(0, 40)}".`);
}

function pointOf({ value, original_width: width, original_height: height }: Region): { x: number; y: number } {
  const { x = 0, y = 0 } = value;
  return { x: inPicture(x, width), y: inPicture(y, height) };
}

/** Percent of a side -> pixels; rounding may lead a little beyond the edge. */
const inPicture = (percent: number, side: number) => Math.min(side, Math.max(0, (percent / 100) * side));

function areaOf(kind: Exclude<Kind, "keypoint" | "brush">, region: Region): Area {
  const { value, original_width: width, original_height: height } = region;
  const toPixels = ([x, y]: Corner): Corner => [(x / 100) * width, (y / 100) * height];
  const at = toPixels([value.x ?? 0, value.y ?? 0]);
  if (kind === "rectangle") {
    const [w, h] = toPixels([value.width ?? 0, value.height ?? 0]);
    const corners: Corner[] = [
      [0, 0],
      [w, 0],
      [w, h],
      [0, h],
    ];
    // It is turned about its top left corner.
    return { box: boxAround(corners.map((corner) => turned(corner, value.rotation, at))) };
  }
  if (kind === "ellipse") {
    const [radiusX, radiusY] = toPixels([value.radiusX ?? 0, value.radiusY ?? 0]);
    const corners = Array.from({ length: ellipseCorners }, (_, i): Corner => {
      const angle = (2 * Math.PI * i) / ellipseCorners;
      return [radiusX * Math.cos(angle), radiusY * Math.sin(angle)];
    });
    return { box: boxAround(corners.map((corner) => turned(corner, value.rotation, at))) };
  }
  const corners = (value.points ?? []).map(toPixels);
  if (corners.length < 3) throw invalidArgument("A polygon needs three corners at least.");
  if (ringLength(corners) > longestOutline) throw invalidArgument("The polygon's outline is longer than any object's.");
  return { mask: drawn(() => polygonsToRle([corners.flat()], width, height)) };
}

function turned([x, y]: Corner, degrees: number, [atX, atY]: Corner): Corner {
  const angle = (degrees * Math.PI) / 180;
  return [atX + x * Math.cos(angle) - y * Math.sin(angle), atY + x * Math.sin(angle) + y * Math.cos(angle)];
}

function strokeOf({ value, original_width: width, original_height: height }: Region): MaskRuns {
  return drawn(() => decodeLabelStudioRle(value.rle ?? [], width, height));
}

/** @throws ServiceError INVALID_ARGUMENT for what cannot be drawn. */
function drawn(draw: () => MaskRuns): MaskRuns {
  try {
    return draw();
  } catch (error) {
    if (error instanceof RangeError) throw invalidArgument(error.message);
    throw error;
  }
}

/** Points within a mask, as far apart as their number allows. */
function spread(mask: MaskRuns): { x: number; y: number }[] {
  const area = rleArea(mask);
  const wanted = Array.from({ length: Math.min(strokePoints, area) }, (_, i) =>
    Math.floor(((i + 0.5) * area) / strokePoints),
  );
  const points: { x: number; y: number }[] = [];
  let seen = 0;
  eachColumnSpan(mask, (x, top, bottom) => {
    for (const at of wanted) if (at >= seen && at < seen + bottom - top) points.push({ x, y: top + at - seen });
    seen += bottom - top;
  });
  return points;
}

function middleOf({ box, mask }: Area): { x: number; y: number } {
  if (box) return { x: (box.x0 + box.x1) / 2, y: (box.y0 + box.y1) / 2 };
  const [first, second, third = second] = mask ? spread(mask) : [];
  return third ?? first ?? { x: 0, y: 0 };
}
