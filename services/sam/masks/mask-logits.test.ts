import { describe, expect, it } from "vitest";
import { bitmapToRle, rleIou } from "../../../proto/index.js";
import { contentGrid, type Frame, frameFor } from "../frame.js";
import { MASK_PROMPT_LOGIT, maskLogits } from "./mask-logits.js";
import { traceMask } from "./trace-mask.js";

/** The mask of the pixels whose centre a shape holds. */
function draw(width: number, height: number, inside: (x: number, y: number) => boolean) {
  const bitmap = Uint8Array.from({ length: width * height }, (_, at) =>
    inside((at % width) + 0.5, Math.floor(at / width) + 0.5) ? 1 : 0,
  );
  return { bitmap, mask: bitmapToRle(bitmap, width, height) };
}

/** The same shares by adding up, for each grid cell, its overlap with every pixel. */
function plainLogits(bitmap: Uint8Array, frame: Frame): Float32Array {
  const { pictureWidth: width, pictureHeight: height, gridSize } = frame;
  const overlaps = (content: number, picture: number) => {
    const cells = (content * gridSize) / frame.modelSize;
    const of = (cell: number, pixel: number) =>
      Math.max(
        0,
        Math.min(cell + 1, ((pixel + 1) * cells) / picture, cells) - Math.max(cell, (pixel * cells) / picture),
      );
    return { of, size: (cell: number) => Math.min(cell + 1, cells) - cell };
  };
  const across = overlaps(frame.contentWidth, width);
  const down = overlaps(frame.contentHeight, height);
  const { columns, rows } = contentGrid(frame);
  const logits = new Float32Array(gridSize * gridSize).fill(-MASK_PROMPT_LOGIT);
  for (let j = 0; j < rows; j++) {
    for (let i = 0; i < columns; i++) {
      let area = 0;
      for (let y = 0; y < height; y++) {
        const tall = down.of(j, y);
        if (tall === 0) continue;
        for (let x = 0; x < width; x++) if (bitmap[y * width + x] === 1) area += tall * across.of(i, x);
      }
      logits[j * gridSize + i] = MASK_PROMPT_LOGIT * ((2 * area) / (across.size(i) * down.size(j)) - 1);
    }
  }
  return logits;
}

describe("maskLogits", () => {
  it.each([
    [40, 30],
    [7, 50],
    [64, 64],
    [3, 2],
    [1, 1],
    [100, 9],
  ])("weighs each cell by its area, %i x %i", (width, height) => {
    for (const resize of ["letterbox", "stretch"] as const) {
      const frame = frameFor(width, height, { modelSize: 64, gridSize: 16, resize });
      const { bitmap, mask } = draw(width, height, (x, y) => Math.sin(x) + Math.cos(y * 0.7) > 0.2);
      const logits = maskLogits(mask, frame);
      plainLogits(bitmap, frame).forEach((logit, at) => {
        expect(logits[at]).toBeCloseTo(logit, 4);
      });
    }
  });

  it("comes back through the trace as the mask it was", () => {
    for (const [width, height] of [
      [1500, 1000],
      [427, 640],
      [300, 200],
    ] as const) {
      const { mask } = draw(width, height, (x, y) => Math.hypot(x / width - 0.6, y / height - 0.45) < 0.3);
      const frame = frameFor(width, height);
      expect(rleIou(traceMask(maskLogits(mask, frame), frame), mask)).toBeGreaterThan(0.99);
    }
  });

  it("fills the content and leaves the padding outside", () => {
    const frame = frameFor(640, 427);
    const logits = maskLogits(draw(640, 427, () => true).mask, frame);
    const content = logits.subarray(0, 256 * 171);
    const padding = logits.subarray(256 * 171);
    expect(Math.min(...content)).toBeCloseTo(MASK_PROMPT_LOGIT, 4);
    expect(padding.every((logit) => logit === -MASK_PROMPT_LOGIT)).toBe(true);
    const empty = maskLogits(draw(640, 427, () => false).mask, frame);
    expect(empty.every((logit) => logit === -MASK_PROMPT_LOGIT)).toBe(true);
  });

  it("takes another magnitude", () => {
    const { mask } = draw(10, 10, () => true);
    expect(maskLogits(mask, frameFor(10, 10), 3)[0]).toBeCloseTo(3, 5);
  });

  it("refuses a mask of another size than the picture", () => {
    const { mask } = draw(10, 12, () => true);
    expect(() => maskLogits(mask, frameFor(12, 10))).toThrow("10 x 12 pixels, but the picture 12 x 10.");
  });
});
