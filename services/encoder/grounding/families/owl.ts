import type { Pixels } from "../../images/open-picture.js";
import type { Detection } from "../detection.js";
import { framePicture } from "../frame-picture.js";
import { centreBoxAt, cornersOfBox, sigmoid } from "../open/centre-box.js";
import { readTokenizer } from "../open/read-tokenizer.js";
import { float32, textRows } from "../open/text-rows.js";
import { suppress } from "../suppress.js";
import { type DetectorFamily, floatsOf, leastScore, mostDetections } from "./family.js";

/** CLIP's, on the scale 0 to 255. */
const mean = [122.7709383, 116.7460125, 104.09373615];
const std = [68.5005327, 66.6321579, 70.32316305];
const texts = { length: 16, start: "<|startoftext|>", end: "<|endoftext|>", pad: 0 };
/** What the models were trained to be asked. */
const question = (words: string) => `a photo of a ${words}`;

/**
 * OWL-ViT and OWLv2 as Hugging Face's exporter writes them (optimum's `OwlViTOnnxConfig`): `pixel_values` float32 [1, 3, side, side],
 * `input_ids` and `attention_mask` int64 [texts, 16] -> `logits` [1, boxes, texts], `pred_boxes` [1, boxes, 4], middle and size.
 * @param fit pad: the picture at the top left of a grey square, of which boxes are shares. stretch: it fills the square.
 */
export const owl = (side: number, fit: "pad" | "stretch"): DetectorFamily => ({
  pictureSide: side,
  isSlow: true,
  leastAnswer: 0.1,
  async open(files) {
    const [graph, tokenizer] = [await files.graph("graph", true), readTokenizer(await files.read("tokenizer"))];
    return async (pixels, words) => {
      const place = placeOf(pixels, side, fit);
      const frame = { width: side, height: side, place, mean, std, order: [0, 1, 2], fill: 127.5 } as const;
      const { ids, mask } = textRows(words.map(question), tokenizer, texts);
      const { logits, pred_boxes: boxes } = floatsOf(
        await graph.run({
          pixel_values: float32(framePicture(pixels, frame), [1, 3, side, side]),
          input_ids: ids,
          attention_mask: mask,
        }),
      );
      const count = boxes?.dims[1] ?? 0;
      if (logits?.data.length !== count * words.length || boxes?.data.length !== 4 * count) {
        throw new Error(`the graph does not score each of its boxes for each of ${words.length} texts`);
      }
      const scale = { x: side / place.width, y: side / place.height };
      const found: Detection[] = [];
      for (let at = 0; at < count; at++) {
        for (const [word, label] of words.entries()) {
          const score = sigmoid(logits.data[at * words.length + word] as number);
          if (score < leastScore) continue;
          found.push({ label, score, ...cornersOfBox(centreBoxAt(boxes.data, at), scale) });
        }
      }
      return suppress(found, mostDetections);
    };
  },
});

function placeOf({ width, height }: Pixels, side: number, fit: "pad" | "stretch") {
  if (fit === "stretch") return { left: 0, top: 0, width: side, height: side };
  const scale = side / Math.max(width, height);
  const sideOf = (one: number) => Math.max(1, Math.round(one * scale));
  return { left: 0, top: 0, width: sideOf(width), height: sideOf(height) };
}
