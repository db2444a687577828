import type { ErrorInit } from "../../runtime/errors.js";
import type { PictureReading } from "../../sam/picture-reading.js";
import type { Region } from "../../sam/region.js";
import type { ImageLimits } from "../images/open-picture.js";
import type { FrameRules } from "../images/preprocess.js";

/** Of what is made of one picture: more than the pixels of any model's frame, or a PNG file. */
export const mostMadeBytes = 64 * 1024 * 1024;

/** What is asked of a picture process about a file. */
export interface ReadRequest {
  limits: ImageLimits;
  rules: FrameRules;
  crop?: Region | undefined;
}

/** What is asked of one to be cut out of a file. */
export interface CutRequest {
  limits: ImageLimits;
  cut: {
    /** Of the mask, in pixels. */
    width: number;
    height: number;
    /** So many bytes at the end of what comes with it are the mask's counts in COCO's form, and no part of the file. */
    countsBytes: number;
  };
}

/** A picture's pixels in the model's frame: interleaved bytes of sRGB, not normalised. */
export interface ReadPicture {
  /** Pixels of the upright picture. */
  width: number;
  height: number;
  reading: PictureReading;
  pixels: { data: Uint8Array; width: number; height: number; channels: number };
}

/** What has been made of a picture: its pixels, or the PNG file that was cut out of it. */
export type Made = ReadPicture | Uint8Array;

export type ToProcess =
  | ({
      kind: "read";
      /** So many bytes of the picture's file lie in the file that it inherited for that; without it they are the frame's body. */
      inFile?: number | undefined;
    } & (ReadRequest | CutRequest))
  /** There is room for what it costs. */
  | { kind: "decode" };

export type FromProcess =
  | { kind: "ready" }
  /** The header is read and within limits: decoding would take so much memory. */
  | { kind: "cost"; bytes: number }
  | {
      kind: "done";
      /** Whose the bytes are; left out for what was cut out, which says that itself. */
      read?: { picture: Omit<ReadPicture, "pixels">; pixels: Omit<ReadPicture["pixels"], "data"> } | undefined;
      /** So many bytes of it lie in the file that it inherited for that; without it they are the frame's body. */
      inFile?: number | undefined;
    }
  | { kind: "failed"; error: ErrorInit; stack?: string | undefined };
