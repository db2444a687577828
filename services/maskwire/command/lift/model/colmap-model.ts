import type { Camera, Pose } from "./camera.js";

/** A picture and how it was taken. */
export interface View {
  readonly name: string;
  readonly camera: Camera;
  readonly pose: Pose;
  /** Indices of the points that were found in it, rising. */
  readonly points: Int32Array;
}

/** A reconstruction: pictures by their names, and points of the world. */
export interface ColmapModel {
  readonly views: readonly View[];
  /** float64 [count, 3]. */
  readonly places: Float64Array;
  /** [count, 3], red first. */
  readonly colours: Uint8Array;
}
