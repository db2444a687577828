import type { Pixels } from "../../images/open-picture.js";
import type { Detection } from "../detection.js";
import { framePicture } from "../frame-picture.js";
import { readTokenizer } from "../open/read-tokenizer.js";
import { float32, int64, textRows } from "../open/text-rows.js";
import { suppress } from "../suppress.js";
import { type DetectorFamily, type GraphTensor, leastScore, mostDetections } from "./family.js";

const side = 1008;
const texts = { length: 32, start: "<|startoftext|>", end: "<|endoftext|>", pad: 0 };
const imageOutputs = ["vision_pos_enc_2", "backbone_fpn_0", "backbone_fpn_1", "backbone_fpn_2"] as const;

/**
 * SAM 3 asked by words, in three graphs as samexporter and osam write them: `image` uint8 [3, 1008, 1008], the picture stretched to it
 * -> features; `tokens` int64 [1, 32] -> a text's; both, and no box to start from -> `boxes` [found, 4], corners, and `scores`. Its
 * own masks are not used: boxes become masks as those of other detectors do. An export that asks for the picture's size gives boxes
 * in pixels of that, one that does not in shares.
 */
export const sam3Words: DetectorFamily = {
  pictureSide: side,
  isSlow: true,
  leastAnswer: 0.5,
  async open(files) {
    const [image, language, decoder] = [
      await files.graph("image"),
      await files.graph("language"),
      await files.graph("decoder", true),
    ];
    const tokenizer = readTokenizer(await files.read("tokenizer"));
    const isInPixels = decoder.inputs.includes("original_width");
    return async (pixels, words) => {
      const features = await image.run({ image: bytesOf(pixels) }, imageOutputs);
      const found: Detection[] = [];
      for (const label of words) {
        const { ids } = textRows([label], tokenizer, texts);
        const text = await language.run({ tokens: ids }, ["text_attention_mask", "text_memory"]);
        const { boxes, scores } = await decoder.run(
          {
            ...features,
            language_mask: needed(text.text_attention_mask),
            language_features: needed(text.text_memory),
            box_coords: float32(new Float32Array(4), [1, 1, 4]),
            box_labels: int64(BigInt64Array.of(1n), [1, 1]),
            box_masks: { type: "bool", data: Uint8Array.of(1), dims: [1, 1] },
            ...(isInPixels ? { original_width: scalar(pixels.width), original_height: scalar(pixels.height) } : {}),
          },
          ["boxes", "scores"],
        );
        const [width, height] = isInPixels ? [pixels.width, pixels.height] : [1, 1];
        const corners = needed(boxes).data;
        for (const [at, one] of needed(scores).data.entries()) {
          const score = Math.min(Number(one), 1);
          if (score < leastScore) continue;
          const share = (corner: number, size: number) =>
            Math.min(Math.max(Number(corners[4 * at + corner]) / size, 0), 1);
          found.push({
            label,
            score,
            x0: share(0, width),
            y0: share(1, height),
            x1: share(2, width),
            y1: share(3, height),
          });
        }
      }
      return suppress(found, mostDetections);
    };
  },
};

function bytesOf(pixels: Pixels): GraphTensor {
  const place = { left: 0, top: 0, width: side, height: side };
  const frame = { width: side, height: side, place, mean: [0, 0, 0], std: [1, 1, 1], order: [0, 1, 2] } as const;
  const planes = framePicture(pixels, frame);
  const data = new Uint8Array(planes.length);
  for (let at = 0; at < planes.length; at++) data[at] = planes[at]! + 0.5;
  return { type: "uint8", data, dims: [3, side, side] };
}

const scalar = (value: number) => int64(BigInt64Array.of(BigInt(value)), []);

function needed(tensor: GraphTensor | undefined): GraphTensor {
  if (!tensor) throw new Error("the graphs do not give what SAM 3 gives for words");
  return tensor;
}
