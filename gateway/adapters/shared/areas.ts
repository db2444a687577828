import { create } from "@bufbuild/protobuf";
import {
  eachColumnSpan,
  encodeRle,
  MaskPromptSchema,
  type MaskRuns,
  maxPoints,
  RleSchema,
} from "../../../proto/index.js";
import { invalidArgument } from "../../../services/runtime/errors.js";
import type { Corners } from "./geometry.js";
import type { AdapterPrompt } from "./prompts.js";

/** What is drawn around an object, or over it. */
export interface Area {
  readonly box?: Corners;
  readonly mask?: MaskRuns;
}

export interface LabelledPoint {
  readonly x: number;
  readonly y: number;
  /** 1 on the object, 0 beside it. */
  readonly label: number;
}

/** Each is a question of its own. */
const maxAreas = 16;

/**
 * Each of several areas is an object, with the points in it; one is an object with all points, wherever they are, and so are points alone.
 * @returns none where nothing is drawn. @throws ServiceError INVALID_ARGUMENT for too much.
 */
export function promptsOfAreas(areas: readonly Area[], points: readonly LabelledPoint[]): AdapterPrompt[] {
  if (points.length > maxPoints) throw invalidArgument(`There are more than ${maxPoints} points; clear some of them.`);
  if (areas.length > maxAreas)
    throw invalidArgument(`There are more than ${maxAreas} areas; accept or clear some of them.`);
  const [area, ...others] = areas;
  if (!area) return points.length > 0 ? [{ points }] : [];
  if (others.length === 0) return [promptOf(area, points)];
  return areas.map((one) =>
    promptOf(
      one,
      points.filter((point) => isIn(point, one)),
    ),
  );
}

function promptOf({ box, mask }: Area, points: AdapterPrompt["points"] = []): AdapterPrompt {
  const source = mask && { case: "rle" as const, value: create(RleSchema, encodeRle(mask)) };
  return { points, box, ...(source && { mask: create(MaskPromptSchema, { source }) }) };
}

function isIn({ x, y }: LabelledPoint, { box, mask }: Area): boolean {
  if (box) return x >= box.x0 && x <= box.x1 && y >= box.y0 && y <= box.y1;
  let isInside = false;
  if (mask) {
    eachColumnSpan(mask, (column, top, bottom) => {
      isInside ||= column === Math.floor(x) && y >= top && y < bottom;
    });
  }
  return isInside;
}
