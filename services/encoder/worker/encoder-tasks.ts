import type { PictureReading } from "../../sam/picture-reading.js";
import type { Region } from "../../sam/region.js";
import type { EncoderProvider } from "../graphs/encoder-runtime.js";
import type { Pixels } from "../images/open-picture.js";

/** What a worker says of each model when it is ready, by its id. */
export type EncoderDetail = Record<
  string,
  {
    /** undefined while none of them is there. */
    provider: EncoderProvider | undefined;
    /** Why each provider before it is not used; of all where there is none. */
    skipped: string[];
    /** Its graph runs on frames of other sizes than the model's own. */
    takesFrames: boolean;
  }
>;

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
  /** A draft is to be made first, and told of as part of the result. */
  draft?: boolean;
}

/** Made from a smaller frame. */
export interface EncodedDraft {
  /** An embedding record. */
  record: Uint8Array;
  draftMs: number;
}

export interface EncodedImage {
  /** An embedding record. */
  record: Uint8Array;
  preprocessMs: number;
  encodeMs: number;
}
