import { cropDefaults } from "./crop-boxes.js";

/** Points along a side of the grid, `SamAutomaticMaskGenerator`'s. */
export const defaultPointsPerSide = 32;

/** Points that everything mode may have to ask: of every layer's parts all, though of a tiny picture there are fewer. */
export function everythingPoints(pointsPerSide: number, layers: number, pointsDownscale: number): number {
  let points = 0;
  for (let layer = 0; layer <= Math.min(layers, cropDefaults.maxLayers); layer++) {
    points += 4 ** layer * layerSide(pointsPerSide, pointsDownscale, layer) ** 2;
  }
  return points;
}

/** Side of the grid that a part of a layer has. */
export function layerSide(pointsPerSide: number, pointsDownscale: number, layer: number): number {
  return Math.max(1, Math.floor(pointsPerSide / pointsDownscale ** layer));
}
