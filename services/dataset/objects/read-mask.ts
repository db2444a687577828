import { decodeRle, type MaskBox, type Rle, rleArea, rleBoundingBox } from "../../../proto/index.js";
import { invalidArgument } from "../../runtime/errors.js";

/** A mask as it is kept. */
export interface KeptMask extends MaskBox {
  readonly counts: string;
  /** Pixels. */
  readonly area: number;
}

/** @throws ServiceError INVALID_ARGUMENT unless it is a mask of the picture with something in it. */
export function readMask(rle: Pick<Rle, "size" | "counts">, picture: { width: number; height: number }): KeptMask {
  const mask = decoded(rle);
  const { width, height } = picture;
  if (mask.height !== height || mask.width !== width) {
    throw invalidArgument(`The mask is ${mask.width} x ${mask.height}, but the picture is ${width} x ${height}.`);
  }
  const area = rleArea(mask);
  if (area === 0) throw invalidArgument("The mask is empty.");
  return { counts: rle.counts, area, ...rleBoundingBox(mask) };
}

function decoded(rle: Pick<Rle, "size" | "counts">) {
  try {
    return decodeRle(rle);
  } catch (error) {
    throw error instanceof RangeError ? invalidArgument(error.message) : error;
  }
}
