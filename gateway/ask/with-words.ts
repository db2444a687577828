import type { GroundResponse } from "../../proto/index.js";
import { isNotFound } from "../../services/runtime/errors.js";
import type { Encoders } from "../peers/encoders.js";
import type { Answer, AskCall } from "./answer.js";
import { countedLook } from "./counted-encode.js";
import { ImageGoneError } from "./image-gone-error.js";

interface Wordy {
  imageId: string;
  grounding?: GroundResponse | undefined;
}

/**
 * Words are looked for in the picture first, and what is found goes with the request to the next layer (G1). Throws what
 * `EncoderService.Ground` refuses them with; ImageGoneError when the picture is not stored.
 * @param textOf the words of a request; empty for none.
 */
export function withWords<Request extends Wordy, Result>(
  encoders: Pick<Encoders, "ground">,
  textOf: (request: Request) => string | undefined,
  next: Answer<Request, Result>,
): Answer<Request, Result> {
  return async function words(request, call) {
    const text = textOf(request);
    // What a client says was found counts for nothing: boxes of its own are prompts of their own.
    if (!text) return next({ ...request, grounding: undefined }, call);
    return next({ ...request, grounding: await ground(encoders, request.imageId, text, call) }, call);
  };
}

async function ground(encoders: Pick<Encoders, "ground">, imageId: string, text: string, call: AskCall) {
  try {
    return await countedLook(call, () => encoders.ground({ imageId, text }, call));
  } catch (error) {
    if (isNotFound(error)) throw new ImageGoneError(error);
    throw error;
  }
}
