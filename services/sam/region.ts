/** A part of the upright picture in whole pixels. */
export interface Region {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** The region alone, without what else a message carries. */
export function regionOf({ x, y, width, height }: Region): Region {
  return { x, y, width, height };
}
