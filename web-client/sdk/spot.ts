/** A place: of the picture in its pixels, or on a canvas in CSS pixels, as whoever has it says. */
export interface Spot {
  readonly x: number;
  readonly y: number;
}

export interface Corners {
  readonly x0: number;
  readonly y0: number;
  readonly x1: number;
  readonly y1: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** A part of the picture, in its pixels. */
export interface Region extends Spot, Size {}
