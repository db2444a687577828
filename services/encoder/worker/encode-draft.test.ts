import { expect, it } from "vitest";
import { Manifest } from "../../inference/models/manifest.js";
import type { Sides } from "../images/encoded-frame.js";
import { encodeDraft } from "./encode-draft.js";
import { fillOutside } from "./fill-outside.js";

const manifest = Manifest.read();
const model = manifest.get(manifest.defaultId);
const grid = 64;
const channels = 2;

/** An encoder of which each cell is its picture's mean, and of an empty frame -9. */
function meanEncoder(asked: Sides[]) {
  const run = async (planes: Float32Array, { height, width }: Sides) => {
    asked.push({ height, width });
    const [rows, columns] = [height / 16, width / 16];
    const cells = new Float32Array(channels * rows * columns);
    for (let at = 0; at < rows * columns; at++) {
      let sum = 0;
      for (let pixel = 0; pixel < 256; pixel++) {
        const y = 16 * Math.floor(at / columns) + Math.floor(pixel / 16);
        sum += planes[y * width + 16 * (at % columns) + (pixel % 16)] as number;
      }
      for (let channel = 0; channel < channels; channel++) cells[channel * rows * columns + at] = sum / 256;
    }
    return [cells];
  };
  const empty = new Float32Array(channels * grid * grid).fill(-9);
  const whole = (tensors: Float32Array[], { height, width }: Sides) =>
    tensors.map((cells) => fillOutside(cells, { rows: height / 16, columns: width / 16 }, empty, grid));
  return { run, whole, memory: new Float32Array(3 * 1024 * 1024) };
}

it("lies where the embedding would, from a frame of half the size", async () => {
  const [width, height] = [1024, 683];
  // Dark on the left, bright on the right.
  const data = new Uint8Array(3 * width * height).map((_, at) => (Math.floor(at / 3) % width < 512 ? 0 : 255));
  const asked: Sides[] = [];
  const [cells] = await encodeDraft({ data, width, height, channels: 3 }, model, meanEncoder(asked));
  expect(asked).toEqual([{ width: 512, height: 352 }]);
  expect(cells?.length).toBe(channels * grid * grid);
  const [dark, bright] = [0, 255].map((value) => (value - model.preprocess.mean[0]) / model.preprocess.std[0]);
  const at = (row: number, column: number, channel = 0) => cells?.[(channel * grid + row) * grid + column];
  for (const channel of [0, 1]) {
    expect(at(20, 10, channel)).toBeCloseTo(dark as number, 4);
    expect(at(20, 50, channel)).toBeCloseTo(bright as number, 4);
  }
  // 683 pixels reach into 43 cells; what is below is an empty frame's.
  expect(at(42, 10)).not.toBe(-9);
  expect(at(43, 10)).toBe(-9);
});
