import { type Pixel, project } from "../model/camera.js";
import type { ColmapModel, View } from "../model/colmap-model.js";

/** A point of the world where a picture shows it. */
export interface SeenPoint extends Pixel {
  /** Its index. */
  readonly point: number;
}

/** Cells along a picture's longer side, within which points hide what lies behind them. */
const cells = 32;
/** What is deeper than the nearest by more than this share lies behind it. */
const behind = 1.05;

/** The points that were found in a picture, where the model says that they are. */
export function foundPoints({ places }: ColmapModel, { camera, pose, points }: View): SeenPoint[] {
  const seen: SeenPoint[] = [];
  for (const point of points) {
    const at = project(camera, pose, places[3 * point]!, places[3 * point + 1]!, places[3 * point + 2]!);
    if (at) seen.push({ point, x: at.x, y: at.y });
  }
  return seen;
}

/**
 * Points that should show in a picture though nobody found them there: those among `wanted` that no other found point around
 * them is nearer than. What has too few points to hide anything hides nothing.
 */
export function likelyPoints(model: ColmapModel, view: View, wanted: Iterable<number>): SeenPoint[] {
  const { camera, pose, points } = view;
  const { places } = model;
  const size = Math.max(camera.width, camera.height) / cells;
  const across = Math.ceil(camera.width / size) + 2;
  const nearest = new Float64Array(across * (Math.ceil(camera.height / size) + 2)).fill(Number.POSITIVE_INFINITY);
  const at = (point: number) =>
    project(camera, pose, places[3 * point]!, places[3 * point + 1]!, places[3 * point + 2]!);
  const cellOf = ({ x, y }: Pixel) => (Math.floor(y / size) + 1) * across + Math.floor(x / size) + 1;
  for (const point of points) {
    const found = at(point);
    if (found) nearest[cellOf(found)] = Math.min(nearest[cellOf(found)]!, found.depth);
  }
  const likely: SeenPoint[] = [];
  for (const point of wanted) {
    const found = at(point);
    if (!found) continue;
    let least = Number.POSITIVE_INFINITY;
    for (const row of [-across, 0, across]) {
      for (const column of [-1, 0, 1]) least = Math.min(least, nearest[cellOf(found) + row + column]!);
    }
    if (found.depth <= least * behind) likely.push({ point, x: found.x, y: found.y });
  }
  return likely;
}
