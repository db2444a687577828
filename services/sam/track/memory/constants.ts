import type { Projection } from "./temporal-encoding.js";

/** How many encodings of time there are: one a mask memory. */
export const temporalEncodings = 7;

/** Numbers of SAM 2's memory that are no graph, and come with the weights. */
export interface MemoryConstants {
  /** float32 [7, width]. */
  readonly temporal: Float32Array;
  /** float32 [channels]: added to features in place of what a memory adds, where there is none. */
  readonly noMemory: Float32Array;
  /** float32 [channels]. */
  readonly noObjectPointer: Float32Array;
  /** float32 [width], of version 2.1: added to the memory of a frame in which the object is not. */
  readonly noObjectSpatial?: Float32Array;
  /** Of a pointer's distance in time, of version 2.1. */
  readonly pointerTime?: Projection;
}
