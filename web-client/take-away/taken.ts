import type { BoundingBox, Mask, MaskRuns } from "../../proto/index.js";

/** An object on its way out of the page, with its runs decoded once for all formats. */
export interface Taken {
  readonly id: number;
  readonly name: string;
  /** Whether the name is the person's own; otherwise it is only a number. */
  readonly isNamed: boolean;
  /** `#rrggbb`. */
  readonly colour: string;
  readonly mask: Mask;
  readonly runs: MaskRuns;
  /** Not empty. */
  readonly box: BoundingBox;
  /** A spot that is on the object by the person's word, if there was one. */
  readonly point: { readonly x: number; readonly y: number } | undefined;
}

/** The picture that the objects are of. */
export interface TakenPicture {
  readonly imageId: string;
  readonly name: string;
  /** Pixels of the upright picture. */
  readonly width: number;
  readonly height: number;
}
