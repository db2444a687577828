/** A part of the picture in whole pixels, and how deep in the pyramid of parts it lies; 0 is the whole picture. */
export interface CropBox {
  x: number;
  y: number;
  width: number;
  height: number;
  layer: number;
}

/** Meta's defaults for the options that decide the parts. */
export const cropDefaults = { layers: 0, maxLayers: 3, overlapRatio: 512 / 1500 } as const;

/**
 * The whole picture and, for every layer i, its (2^i)^2 overlapping parts: `generate_crop_boxes` of
 * segment_anything/utils/amg.py, its order and rounding. Of a tiny picture parts come out alike; each is there once.
 * @param overlapRatio how far parts of layer 1 overlap, as a share of the shorter side; halved with every further layer.
 */
export function cropBoxes(width: number, height: number, layers: number, overlapRatio: number): CropBox[] {
  const boxes: CropBox[] = [{ x: 0, y: 0, width, height, layer: 0 }];
  for (let layer = 1; layer <= layers; layer++) {
    const perSide = 2 ** layer;
    const overlap = Math.trunc(overlapRatio * Math.min(width, height) * (2 / perSide));
    const side = (length: number) => Math.ceil((overlap * (perSide - 1) + length) / perSide);
    const [cropWidth, cropHeight] = [side(width), side(height)];
    for (let column = 0; column < perSide; column++) {
      for (let row = 0; row < perSide; row++) {
        const x = (cropWidth - overlap) * column;
        const y = (cropHeight - overlap) * row;
        // Rounding may leave nothing of the last part of a tiny picture.
        if (x >= width || y >= height) continue;
        const box = { x, y, width: Math.min(cropWidth, width - x), height: Math.min(cropHeight, height - y), layer };
        if (!boxes.some((other) => isSamePart(other, box))) boxes.push(box);
      }
    }
  }
  return boxes;
}

const isSamePart = (a: CropBox, b: CropBox) =>
  a.x === b.x && a.y === b.y && a.width === b.width && a.height === b.height;
