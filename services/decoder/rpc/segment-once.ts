import type { PromptDecoder } from "../prompts/prompt-decoder.js";
import type { Handlers } from "./handlers.js";

/** Errors are the call's status. */
export function segmentOnce(prompts: Pick<PromptDecoder, "decode">): Handlers["segmentOnce"] {
  return async (request, call) => {
    const value = await prompts.decode(request, call);
    return { sequence: request.sequence, outcome: { case: "result", value } };
  };
}
