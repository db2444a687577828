import type { MessageInitShape } from "@bufbuild/protobuf";
import { DetailMode, decodeRle, MaskFormat, type MaskPromptSchema, rleToBitmap } from "../../../proto/index.js";
import { noPrompts, type Prompts } from "../../../web-client/sdk/session/prompts.js";
import { segmentRequest } from "../../../web-client/sdk/session/request.js";
import { addPoint, setBox } from "../../../web-client/state/edit.js";
import { segmentOverHttp, upload } from "../../support/http-calls.js";
import { startMaskwire } from "../../support/start-maskwire.js";
import type { Answer, Contestant } from "./contestant.js";

/**
 * The service with detail, asked for what the page asks for: over HTTP, where the finer answer is waited for, and so with the
 * logits themselves in the place of the name that a session has for them.
 */
export async function finer(name: string): Promise<Contestant> {
  const maskwire = await startMaskwire({
    MASKWIRE_CALLER_REQUESTS_PER_SECOND: "1000",
    // On a busy machine too it is masks that are measured: none is left out for overload.
    MASKWIRE_OVERLOAD_DELAY_MS: "60000",
  });
  return {
    name,
    async open({ bytes }) {
      const { image } = await upload(maskwire.url, bytes);
      const ask = async (prompts: Prompts, mask?: MessageInitShape<typeof MaskPromptSchema>): Promise<Answer> => {
        const { prompt, multimask = false } = segmentRequest(1, prompts, false);
        const { points = [], box } = prompt ?? {};
        const { masks } = await segmentOverHttp(maskwire.url, {
          imageId: image?.imageId ?? "",
          prompt: { points, ...(box ? { box } : {}), ...(mask ? { mask } : {}) },
          formats: [MaskFormat.LOW_RES_LOGITS],
          ...(multimask ? { multimask } : {}),
          detail: DetailMode.AUTO,
        });
        const [best] = masks;
        if (!best?.rle || !best.lowResLogits) throw new Error("an answer without a mask");
        const value = best.lowResLogits;
        return {
          bitmap: rleToBitmap(decodeRle(best.rle)),
          refine: (click) => ask(addPoint(prompts, click), { source: { case: "lowResLogits", value } }),
        };
      };
      return { click: (first) => ask(addPoint(noPrompts, first)), box: (box) => ask(setBox(noPrompts, box)) };
    },
    [Symbol.asyncDispose]: () => maskwire.stop(),
  };
}
