import type { Mask } from "../../../proto/index.js";
import { planCut } from "../../encoder/images/cut-out.js";
import { noLimits, openPicture } from "../../encoder/images/open-picture.js";
import { CommandError } from "./command-error.js";

/**
 * The object on transparency: see `planCut`.
 * @param photo the file's bytes. @throws CommandError when the mask is empty, ServiceError when
 * the photo cannot be read.
 */
export async function cutOut(photo: Uint8Array, { rle, area }: Pick<Mask, "rle" | "area">): Promise<Uint8Array> {
  const [height, width] = rle?.size ?? [];
  if (!rle || height === undefined || width === undefined || area === 0) {
    throw new CommandError("The mask is empty; there is nothing to cut out.");
  }
  const picture = await openPicture(photo, noLimits);
  return planCut(picture, { width, height, counts: rle.counts }, noLimits).make();
}
