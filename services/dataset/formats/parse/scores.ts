import type { FoundObject } from "../types.js";
import { boxIn, type Fields, finiteNumber, listIn } from "./fields.js";

/** As SA-1B calls them. */
export function scoresIn(fields: Fields): Pick<FoundObject, "predictedIou" | "stabilityScore" | "point" | "cropBox"> {
  const predictedIou = finiteNumber(fields.predicted_iou);
  const stabilityScore = finiteNumber(fields.stability_score);
  const [first] = listIn(fields, "point_coords");
  const [x, y] = Array.isArray(first) ? first.map(finiteNumber) : [];
  const [left, top, width, height] = boxIn(fields, "crop_box") ?? [];
  return {
    ...(predictedIou !== undefined && { predictedIou }),
    ...(stabilityScore !== undefined && { stabilityScore }),
    ...(x !== undefined && y !== undefined && { point: { x, y } }),
    ...(left !== undefined &&
      top !== undefined &&
      width !== undefined &&
      height !== undefined && { cropBox: { x: left, y: top, width, height } }),
  };
}
