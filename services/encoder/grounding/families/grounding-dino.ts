import type { Detection } from "../detection.js";
import { framePicture } from "../frame-picture.js";
import { centreBoxAt, cornersOfBox, sigmoid } from "../open/centre-box.js";
import { readTokenizer, type WordNumbers } from "../open/read-tokenizer.js";
import { float32, int64 } from "../open/text-rows.js";
import { suppress } from "../suppress.js";
import { type DetectorFamily, floatsOf, leastScore, mostDetections } from "./family.js";

/** Sides of the picture: the shorter one, unless the longer one would be more than the other. */
const shortSide = 800;
const longSide = 1333;
/** ImageNet's, on the scale 0 to 255. */
const mean = [123.675, 116.28, 103.53];
const std = [58.395, 57.12, 57.375];
/** Numbers of a text at most. */
const mostTokens = 256;

/**
 * Grounding DINO as Hugging Face's exporter writes it: `pixel_values` float32 [1, 3, height, width], `pixel_mask` int64
 * [1, height, width], and one text whose phrases end with a dot: `input_ids`, `token_type_ids`, `attention_mask` int64 [1, tokens] ->
 * `logits` [1, boxes, 256] for each of its tokens, `pred_boxes` [1, boxes, 4], middle and size. A box is of the phrase that has its
 * best token.
 */
export const groundingDino: DetectorFamily = {
  pictureSide: longSide,
  isSlow: true,
  leastAnswer: 0.25,
  async open(files) {
    const [graph, tokenizer] = [await files.graph("graph", true), readTokenizer(await files.read("tokenizer"))];
    return async (pixels, words) => {
      const scale = Math.min(
        shortSide / Math.min(pixels.width, pixels.height),
        longSide / Math.max(pixels.width, pixels.height),
      );
      const [width, height] = [Math.round(pixels.width * scale), Math.round(pixels.height * scale)];
      const place = { left: 0, top: 0, width, height };
      const frame = framePicture(pixels, { width, height, place, mean, std, order: [0, 1, 2] });
      const { ids, spans } = textOf(words, tokenizer);
      const dims = [1, ids.length];
      const { logits, pred_boxes: boxes } = floatsOf(
        await graph.run({
          pixel_values: float32(frame, [1, 3, height, width]),
          pixel_mask: int64(new BigInt64Array(width * height).fill(1n), [1, height, width]),
          input_ids: int64(BigInt64Array.from(ids, BigInt), dims),
          token_type_ids: int64(new BigInt64Array(ids.length), dims),
          attention_mask: int64(new BigInt64Array(ids.length).fill(1n), dims),
        }),
      );
      const [, count = 0, tokens = 0] = logits?.dims ?? [];
      if (!logits || tokens < ids.length || boxes?.data.length !== 4 * count) {
        throw new Error(`the graph does not score each of its boxes for each of ${ids.length} tokens`);
      }
      const found: Detection[] = [];
      for (let at = 0; at < count; at++) {
        const row = logits.data.subarray(at * tokens, (at + 1) * tokens);
        const [best] = spans
          .map(({ label, from, to }) => ({ label, score: sigmoid(Math.max(...row.subarray(from, to))) }))
          .sort((a, b) => b.score - a.score);
        if (!best || best.score < leastScore) continue;
        found.push({ ...best, ...cornersOfBox(centreBoxAt(boxes.data, at)) });
      }
      return suppress(found, mostDetections);
    };
  },
};

/** "cat. red shoe." with what begins and ends it, and where each phrase stands. Phrases that do not fit in are not looked for. */
function textOf(words: readonly string[], tokenizer: WordNumbers) {
  const ids = [tokenizer.token("[CLS]")];
  const [dot, end] = [tokenizer.token("."), tokenizer.token("[SEP]")];
  const spans: { label: string; from: number; to: number }[] = [];
  for (const label of words) {
    const own = tokenizer.of(label.toLowerCase());
    if (own.length === 0 || ids.length + own.length + 2 > mostTokens) continue;
    spans.push({ label, from: ids.length, to: ids.length + own.length });
    ids.push(...own, dot);
  }
  return { ids: [...ids, end], spans };
}
