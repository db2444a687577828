import type { Mask } from "../../proto/index.js";
import type { Format } from "../state/page.js";
import type { TakenPicture } from "./taken.js";

/** Formats that show the picture's own pixels. */
export function needsPixels(format: Format): boolean {
  return format === "cutout" || format === "bundle";
}

/** What can lie on the clipboard: one picture, or text. */
export function canCopy(format: Format): boolean {
  return format !== "bundle";
}

/** An object as the page knows it. */
export interface JobObject {
  readonly id: number;
  readonly name: string;
  readonly isNamed: boolean;
  /** `#rrggbb`. */
  readonly colour: string;
  readonly mask: Mask;
  readonly point: { readonly x: number; readonly y: number } | undefined;
  /** The picture around it, where the format needs it; the place is that of `softBox`. */
  readonly pixels: ImageBitmap | undefined;
}

export interface Job {
  readonly format: Format;
  readonly picture: TakenPicture;
  /** At least one, none of them empty. */
  readonly objects: readonly JobObject[];
}

/** A file ready to be saved. */
export interface TakenFile {
  readonly name: string;
  readonly blob: Blob;
}
