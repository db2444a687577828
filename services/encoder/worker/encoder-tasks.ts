import type { PictureReading } from "../../sam/picture-reading.js";
import type { Region } from "../../sam/region.js";
import type { Pixels } from "../images/open-picture.js";

export interface EncodeTask {
  imageId: string;
  modelId: string;
  /** The picture in the model's frame, as `PictureProcesses` reads it. */
  pixels: Pixels;
  reading: PictureReading;
  /** Size of the upright picture. */
  width: number;
  height: number;
  /** The part of it to encode; all of it when absent. */
  crop?: Region;
}

export interface EncodedImage {
  /** An embedding record. */
  record: Uint8Array;
  preprocessMs: number;
  encodeMs: number;
}
