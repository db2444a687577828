import type { ErrorInit } from "../../runtime/errors.js";
import type { PictureReading } from "../../sam/picture-reading.js";
import type { Region } from "../../sam/region.js";
import type { ImageLimits } from "../images/open-picture.js";
import type { FrameRules } from "../images/preprocess.js";

/** What is asked of a picture process about a file. */
export interface ReadRequest {
  limits: ImageLimits;
  rules: FrameRules;
  crop?: Region | undefined;
}

/** A picture's pixels in the model's frame: interleaved bytes of sRGB, not normalised. */
export interface ReadPicture {
  /** Pixels of the upright picture. */
  width: number;
  height: number;
  reading: PictureReading;
  pixels: { data: Uint8Array; width: number; height: number; channels: number };
}

export type ToProcess =
  | ({
      kind: "read";
      /** So many bytes of the picture's file lie in the file that it inherited for that; without it they are the frame's body. */
      inFile?: number | undefined;
    } & ReadRequest)
  /** There is room for what it costs. */
  | { kind: "decode" };

export type FromProcess =
  | { kind: "ready" }
  /** The header is read and within limits: decoding would take so much memory. */
  | { kind: "cost"; bytes: number }
  | {
      kind: "done";
      picture: Omit<ReadPicture, "pixels">;
      pixels: Omit<ReadPicture["pixels"], "data">;
      /** So many bytes of pixels lie in the file that it inherited for them; without it they are the frame's body. */
      inFile?: number | undefined;
    }
  | { kind: "failed"; error: ErrorInit; stack?: string | undefined };
