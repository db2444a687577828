import type { Pixels } from "../../images/open-picture.js";
import type { RelativeBox } from "../detection.js";
import { framePicture } from "../frame-picture.js";
import { readTokenizer } from "../open/read-tokenizer.js";
import { float32, textRows } from "../open/text-rows.js";
import { type DetectorFamily, floatsOf } from "./family.js";

const side = 224;
/** CLIP's, on the scale 0 to 255. */
const mean = [122.7709383, 116.7460125, 104.09373615];
const std = [68.5005327, 66.6321579, 70.32316305];
const texts = { length: 77, start: "<|startoftext|>", end: "<|endoftext|>", pad: 0 };
/** Boxes that go through the graph together. */
const together = 16;

/**
 * CLIP as Hugging Face's exporter writes it, in two graphs: `input_ids` int64 [1, 77] -> `text_embeds` [1, size]; `pixel_values` float32
 * [boxes, 3, 224, 224] -> `image_embeds` [boxes, size]. It finds nothing: of each box it says how well the words go with the square
 * around it, by the cosine of the two. What of that square is not in the picture is grey.
 */
export const clip: DetectorFamily = {
  pictureSide: 1024,
  isSlow: true,
  leastAnswer: 0,
  async open(files) {
    const [text, image] = [await files.graph("text"), await files.graph("image", true)];
    const tokenizer = readTokenizer(await files.read("tokenizer"));
    return async (pixels, [words = ""], candidates = []) => {
      const { ids, mask } = textRows([words], tokenizer, texts);
      // An export of one graph for both asks for the mask, too.
      const asked = { input_ids: ids, ...(text.inputs.includes("attention_mask") ? { attention_mask: mask } : {}) };
      const { text_embeds: meant } = floatsOf(await text.run(asked, ["text_embeds"]));
      const scores: number[] = [];
      for (let from = 0; from < candidates.length; from += together) {
        const boxes = candidates.slice(from, from + together);
        const data = new Float32Array(boxes.length * 3 * side * side);
        for (const [at, box] of boxes.entries()) data.set(squareAround(box, pixels), at * 3 * side * side);
        const seen = { pixel_values: float32(data, [boxes.length, 3, side, side]) };
        const { image_embeds: embeds } = floatsOf(await image.run(seen, ["image_embeds"]));
        const size = meant?.data.length ?? 0;
        if (!meant || size === 0 || embeds?.data.length !== boxes.length * size) {
          throw new Error("the graphs do not give embeddings of the same size for words and pictures");
        }
        for (let at = 0; at < boxes.length; at++) {
          scores.push((1 + cosine(meant.data, embeds.data.subarray(at * size, (at + 1) * size))) / 2);
        }
      }
      return candidates.map((box, at) => ({ ...box, label: "", score: Math.min(Math.max(scores[at] ?? 0, 0), 1) }));
    };
  },
};

/** float32 [3, 224, 224] */
function squareAround({ x0, y0, x1, y1 }: RelativeBox, pixels: Pixels): Float32Array {
  const [width, height] = [(x1 - x0) * pixels.width, (y1 - y0) * pixels.height];
  const half = Math.max(width, height, 1) / 2;
  const [x, y] = [((x0 + x1) / 2) * pixels.width, ((y0 + y1) / 2) * pixels.height];
  const [left, right] = span(x, half, pixels.width);
  const [top, bottom] = span(y, half, pixels.height);
  const scale = side / (2 * half);
  const place = {
    left: Math.max(0, Math.round((left - x + half) * scale)),
    top: Math.max(0, Math.round((top - y + half) * scale)),
    width: Math.min(side, Math.max(1, Math.round((right - left) * scale))),
    height: Math.min(side, Math.max(1, Math.round((bottom - top) * scale))),
  };
  place.left = Math.min(place.left, side - place.width);
  place.top = Math.min(place.top, side - place.height);
  const part = cutOut(pixels, { left, top, width: right - left, height: bottom - top });
  return framePicture(part, { width: side, height: side, place, mean, std, order: [0, 1, 2], fill: 127.5 });
}

/** Whole pixels of a picture's side within reach of a middle, one at the least. */
function span(middle: number, reach: number, size: number): [from: number, to: number] {
  const from = Math.min(Math.max(Math.floor(middle - reach), 0), size - 1);
  return [from, Math.min(Math.max(Math.ceil(middle + reach), from + 1), size)];
}

function cutOut(
  { data, width: across, channels }: Pixels,
  { left, top, width, height }: { left: number; top: number; width: number; height: number },
): Pixels {
  const part = new Uint8Array(width * height * channels);
  for (let row = 0; row < height; row++) {
    const from = ((top + row) * across + left) * channels;
    part.set(data.subarray(from, from + width * channels), row * width * channels);
  }
  return { data: part, width, height, channels };
}

function cosine(a: Float32Array, b: Float32Array): number {
  let [both, ofA, ofB] = [0, 0, 0];
  for (let at = 0; at < a.length; at++) {
    both += a[at]! * b[at]!;
    ofA += a[at]! ** 2;
    ofB += b[at]! ** 2;
  }
  return ofA > 0 && ofB > 0 ? both / Math.sqrt(ofA * ofB) : 0;
}
