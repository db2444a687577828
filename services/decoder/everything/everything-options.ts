import {
  cropDefaults,
  defaultPointsPerSide,
  EverythingMode,
  everythingPoints,
  type SegmentEverythingRequest,
} from "../../../proto/index.js";
import { invalidArgument } from "../../runtime/errors.js";
import type { GridThresholds } from "../worker/decoder-tasks.js";
import { Wanted } from "./wanted.js";

export interface EverythingOptions {
  isAdaptive: boolean;
  pointsPerSide: number;
  boxNmsThreshold: number;
  crops: {
    layers: number;
    overlapRatio: number;
    nmsThreshold: number;
    /** The grid's side is divided by this with every layer. */
    pointsDownscale: number;
  };
  thresholds: GridThresholds;
  /** Only what words name. */
  wanted: Wanted | undefined;
}

/** Defaults of `SamAutomaticMaskGenerator`. @throws ServiceError INVALID_ARGUMENT naming the option out of range. */
export function everythingOptions(request: SegmentEverythingRequest): EverythingOptions {
  return {
    isAdaptive: request.mode !== EverythingMode.EXHAUSTIVE,
    pointsPerSide: inRange("points_per_side", request.pointsPerSide ?? defaultPointsPerSide, 1, 128),
    boxNmsThreshold: inRange("box_nms_thresh", request.boxNmsThresh ?? 0.7, 0, 1),
    crops: {
      layers: inRange("crop_n_layers", request.cropNLayers ?? cropDefaults.layers, 0, cropDefaults.maxLayers),
      overlapRatio: inRange("crop_overlap_ratio", request.cropOverlapRatio ?? cropDefaults.overlapRatio, 0, 0.9),
      nmsThreshold: inRange("crop_nms_thresh", request.cropNmsThresh ?? 0.7, 0, 1),
      pointsDownscale: inRange("crop_n_points_downscale_factor", request.cropNPointsDownscaleFactor ?? 1, 1, 128),
    },
    thresholds: {
      predIou: inRange("pred_iou_thresh", request.predIouThresh ?? 0.88, 0, 1),
      stabilityScore: inRange("stability_score_thresh", request.stabilityScoreThresh ?? 0.95, 0, 1),
      stabilityOffset: inRange("stability_score_offset", request.stabilityScoreOffset ?? 1, 0, 100),
      minRegionArea: inRange("min_mask_region_area", request.minMaskRegionArea ?? 0, 0, 0xffff_ffff),
    },
    wanted: Wanted.of(request),
  };
}

/** Points that may have to be asked. */
export function mostPoints({ pointsPerSide, crops }: Pick<EverythingOptions, "pointsPerSide" | "crops">): number {
  return everythingPoints(pointsPerSide, crops.layers, crops.pointsDownscale);
}

function inRange(name: string, value: number, min: number, max: number): number {
  if (value >= min && value <= max) return value;
  // Floats of the wire have seven digits; the rest is noise that nobody typed.
  throw invalidArgument(`${name} must lie between ${min} and ${max}; it is ${Number(value.toPrecision(7))}.`);
}
