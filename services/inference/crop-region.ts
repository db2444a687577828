import type { Crop } from "../../proto/index.js";
import { invalidArgument } from "../runtime/errors.js";
import type { Region } from "../sam/region.js";
import { whole } from "../sam/whole.js";

/**
 * The part of a picture that a request means.
 * @throws ServiceError INVALID_ARGUMENT when one of its numbers was left out.
 */
export function cropRegion(crop: Crop): Region {
  const { x, y, width, height } = whole(crop, ["x", "y", "width", "height"], "crop", invalidArgument);
  return { x, y, width, height };
}
