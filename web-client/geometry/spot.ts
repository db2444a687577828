/** A place: on the canvas in CSS pixels, or of the picture in its pixels, as whoever has it says. */
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

/** A place on a brush's way, all in one unit. */
export interface TrailSpot {
  readonly x: number;
  readonly y: number;
  readonly radius: number;
}
