import { type CropBox, cropBoxes, layerSide } from "../../../proto/index.js";
import { type EmbeddingRef, embeddingRef } from "../../inference/models/embedding-ref.js";
import type { Call } from "../../runtime/grpc/call.js";
import type { PictureSize } from "../../sam/prompts/check-prompt.js";
import type { Region } from "../../sam/region.js";
import type { Pictures, PictureTasks } from "../pictures/pictures.js";
import type { EverythingOptions } from "./everything-options.js";
import { counter, Ledger } from "./ledger.js";
import { type PointGrid, pointGrid } from "./point-grid.js";
import { type PointOrder, pointOrder } from "./point-order.js";

/** A part of the picture with its own grid; the first is the whole picture. */
export interface Part {
  crop: CropBox;
  tasks: PictureTasks;
  grid: PointGrid;
  order: PointOrder;
  ledger: Ledger;
}

/** @throws ServiceError NOT_FOUND before anything is told when a part's embedding is missing. */
export async function openParts(
  pictures: Pick<Pictures, "open">,
  ref: EmbeddingRef,
  { crops, pointsPerSide, boxNmsThreshold, isAdaptive, wanted }: EverythingOptions,
  call: Call,
): Promise<{ picture: PictureSize; parts: [Part, ...Part[]] }> {
  const whole = await pictures.open(ref, call);
  const { width, height } = whole;
  const nextId = counter();
  const open = async (crop: CropBox): Promise<Part> => {
    const isWhole = crop.layer === 0;
    const tasks = isWhole ? whole : await pictures.open(embeddingRef({ ...ref, crop: regionOf(crop) }), call);
    const grid = pointGrid(layerSide(pointsPerSide, crops.pointsDownscale, crop.layer), crop);
    const all = await pointOrder(grid, isAdaptive, tasks);
    const order = wanted ? wanted.narrow(all, grid.points, crop) : all;
    return { crop, tasks, grid, order, ledger: new Ledger(boxNmsThreshold, nextId) };
  };
  const boxes = cropBoxes(width, height, crops.layers, crops.overlapRatio);
  return { picture: { width, height }, parts: (await Promise.all(boxes.map(open))) as [Part, ...Part[]] };
}

export const regionOf = ({ x, y, width, height }: CropBox): Region => ({ x, y, width, height });
