import type { Pixels } from "../../images/open-picture.js";
import type { Detection } from "../detection.js";
import { framePicture } from "../frame-picture.js";
import { cutLine, lineHeight } from "../written/cut-line.js";
import { findLines } from "../written/find-lines.js";
import { readDictionary, readLine } from "../written/read-line.js";
import { cornersOf, type TurnedBox } from "../written/turned-box.js";
import { type DetectorFamily, type DetectorGraph, floatsOf, mostDetections } from "./family.js";

/** Sides of the detection's frame are multiples of this. */
const step = 32;
/** ImageNet's, which PaddleOCR takes in this order for blue, green and red. */
const mean = [123.675, 116.28, 103.53];
const std = [58.395, 57.12, 57.375];
/** Least mean of a line's characters. */
const leastReading = 0.5;
/** Longest text that is kept of a line. */
const mostCharacters = 100;

/**
 * PP-OCR (github.com/PaddlePaddle/PaddleOCR, `tools/infer/predict_{det,rec}.py`): one graph finds the lines that are written in
 * a picture, float32 [1, 3, height, width] -> where text is [1, 1, height, width]; the other reads a line [1, 3, 48, width] ->
 * characters along it [1, steps, characters]. A label is what is read.
 */
export const ppocr: DetectorFamily = {
  pictureSide: 960,
  isSlow: true,
  leastAnswer: leastReading,
  async open(files) {
    const [detection, recognition] = [await files.graph("detection", true), await files.graph("recognition", true)];
    const characters = readDictionary(await files.read("dictionary"));
    return async (pixels) => {
      const found: Detection[] = [];
      for (const line of await linesOf(pixels, detection)) {
        const { data, width } = cutLine(pixels, line);
        const tensor = await runOn(recognition, data, [1, 3, lineHeight, width]);
        const { text, score } = readLine(tensor, characters);
        if (text === "" || score < leastReading) continue;
        found.push({ label: text.slice(0, mostCharacters), score: Math.min(score, 1), ...boxOf(line, pixels) });
      }
      return found.sort((a, b) => b.score - a.score);
    };
  },
};

/** In the picture's pixels. */
async function linesOf(pixels: Pixels, detection: DetectorGraph): Promise<TurnedBox[]> {
  const [width, height] = [pixels.width, pixels.height].map((side) =>
    Math.max(step, Math.round(side / step) * step),
  ) as [number, number];
  const place = { left: 0, top: 0, width, height };
  const data = framePicture(pixels, { width, height, place, mean, std, order: [2, 1, 0] });
  const { data: map, dims } = await runOn(detection, data, [1, 3, height, width]);
  if (dims[2] !== height || dims[3] !== width) throw new Error(`the map of text is of ${dims}, not as the picture`);
  const [across, down] = [pixels.width / width, pixels.height / height];
  // A frame's sides are within a few hundredths of the picture's shape: turned boxes stay boxes.
  return findLines({ data: map, width, height }, mostDetections).map((line) => ({
    ...line,
    x: (line.x + 0.5) * across,
    y: (line.y + 0.5) * down,
    width: line.width * Math.hypot(line.direction.x * across, line.direction.y * down),
    height: line.height * Math.hypot(line.direction.y * across, line.direction.x * down),
  }));
}

async function runOn({ inputs, run }: DetectorGraph, data: Float32Array, dims: readonly number[]) {
  const [input = ""] = inputs;
  const [tensor] = Object.values(floatsOf(await run({ [input]: { type: "float32", data, dims } })));
  if (!tensor) throw new Error("the graph gives nothing");
  return tensor;
}

function boxOf(line: TurnedBox, { width, height }: Pixels) {
  const corners = cornersOf(line);
  const [across, down] = [corners.map(({ x }) => x / width), corners.map(({ y }) => y / height)];
  const share = (value: number) => Math.min(Math.max(value, 0), 1);
  return {
    x0: share(Math.min(...across)),
    y0: share(Math.min(...down)),
    x1: share(Math.max(...across)),
    y1: share(Math.max(...down)),
  };
}
