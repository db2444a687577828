import { type GroundResponse, maxGroundedBoxes } from "../../../proto/index.js";
import { Code, invalidArgument, ServiceError } from "../../runtime/errors.js";

/** What was found for a request's words. @throws ServiceError FAILED_PRECONDITION when nobody has looked; INVALID_ARGUMENT. */
export function groundingOf(grounding: GroundResponse | undefined): GroundResponse {
  if (!grounding) {
    const message = "Ask EncoderService.Ground about `text` first, and send its answer as `grounding`.";
    throw new ServiceError({ code: Code.FAILED_PRECONDITION, message });
  }
  if (grounding.boxes.length > maxGroundedBoxes)
    throw invalidArgument(`\`grounding\` has at most ${maxGroundedBoxes} boxes.`);
  return grounding;
}
