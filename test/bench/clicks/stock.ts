import { BareModel, type BarePrompt } from "../bare-model.js";
import type { Answer, Contestant } from "./contestant.js";

/** The stock exports at the full frame, with Meta's own processing: what everything else is compared with. */
export async function stock(): Promise<Contestant> {
  const model = await BareModel.load();
  return {
    name: "stock",
    async open({ bytes, width, height }) {
      const encoded = await model.encode(bytes);
      if (encoded.width !== width || encoded.height !== height) throw new Error("a picture's size is not its masks'");
      const ask = async (prompt: BarePrompt): Promise<Answer> => {
        const { bitmap, logits } = await model.decode(encoded, prompt);
        return { bitmap, refine: (click) => ask({ ...prompt, points: [...prompt.points, click], logits }) };
      };
      return { click: (first) => ask({ points: [first] }), box: (box) => ask({ points: [], box }) };
    },
    [Symbol.asyncDispose]: () => model[Symbol.asyncDispose](),
  };
}
