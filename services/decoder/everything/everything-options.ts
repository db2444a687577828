import { EverythingMode, type SegmentEverythingRequest } from "../../../proto/index.js";
import { invalidArgument } from "../../runtime/errors.js";
import type { GridThresholds } from "../decoder-tasks.js";

export interface EverythingOptions {
  isAdaptive: boolean;
  pointsPerSide: number;
  boxNmsThreshold: number;
  thresholds: GridThresholds;
}

/** Defaults of `SamAutomaticMaskGenerator`. @throws ServiceError INVALID_ARGUMENT naming the option out of range. */
export function everythingOptions(request: SegmentEverythingRequest): EverythingOptions {
  return {
    isAdaptive: request.mode !== EverythingMode.EXHAUSTIVE,
    pointsPerSide: inRange("points_per_side", request.pointsPerSide ?? 32, 1, 128),
    boxNmsThreshold: inRange("box_nms_thresh", request.boxNmsThresh ?? 0.7, 0, 1),
    thresholds: {
      predIou: inRange("pred_iou_thresh", request.predIouThresh ?? 0.88, 0, 1),
      stabilityScore: inRange("stability_score_thresh", request.stabilityScoreThresh ?? 0.95, 0, 1),
      stabilityOffset: inRange("stability_score_offset", request.stabilityScoreOffset ?? 1, 0, 100),
      minRegionArea: inRange("min_mask_region_area", request.minMaskRegionArea ?? 0, 0, 0xffff_ffff),
    },
  };
}

function inRange(name: string, value: number, min: number, max: number): number {
  if (value >= min && value <= max) return value;
  throw invalidArgument(`${name} must lie between ${min} and ${max}; it is ${value}.`);
}
