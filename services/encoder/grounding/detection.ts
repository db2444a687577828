/** Corners as shares of the upright picture's width and height, 0 to 1. */
export interface RelativeBox {
  readonly x0: number;
  readonly y0: number;
  readonly x1: number;
  readonly y1: number;
}

/** Something that a detector has found, of whatever kind. */
export interface Detection extends RelativeBox {
  /** What the detector calls it; of written words what is read. */
  readonly label: string;
  /** 0 to 1. */
  readonly score: number;
}

/** Intersection over union. */
export function overlap(a: RelativeBox, b: RelativeBox): number {
  const both = sideOf(a.x0, b.x0, a.x1, b.x1) * sideOf(a.y0, b.y0, a.y1, b.y1);
  const all = areaOf(a) + areaOf(b) - both;
  return all > 0 ? both / all : 0;
}

const sideOf = (from: number, otherFrom: number, to: number, otherTo: number) =>
  Math.max(0, Math.min(to, otherTo) - Math.max(from, otherFrom));

const areaOf = ({ x0, y0, x1, y1 }: RelativeBox) => Math.max(0, x1 - x0) * Math.max(0, y1 - y0);
