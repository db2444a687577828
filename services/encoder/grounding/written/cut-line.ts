import type { Pixels } from "../../images/open-picture.js";
import type { TurnedBox } from "./turned-box.js";

/** Cells of a line's height, as the recognition graph has them; and of its width, at least and at most. */
export const lineHeight = 48;
const leastWidth = 320;
const mostWidth = 2400;
/** A line that is so much higher than wide is written from top to bottom, turned to the right. */
const uprightFrom = 1.5;
/** Most samples to a side of a cell, where a line shrinks. */
const mostSamples = 4;

/**
 * A line of a picture -> what PP-OCR reads: upright, from -1 to 1, blue first, nothing behind its end.
 * @param line in pixels of the picture. @returns float32 [1, 3, 48, width].
 */
export function cutLine(pixels: Pixels, line: TurnedBox): { data: Float32Array; width: number } {
  const { x, y, width, height, direction } =
    line.height >= uprightFrom * line.width
      ? {
          ...line,
          width: line.height,
          height: line.width,
          direction: { x: -line.direction.y, y: line.direction.x },
        }
      : line;
  const used = Math.min(mostWidth, Math.max(1, Math.ceil((lineHeight * width) / Math.max(height, 1))));
  const padded = Math.max(used, leastWidth);
  const data = new Float32Array(3 * lineHeight * padded);
  const samples = Math.min(mostSamples, Math.max(1, Math.ceil(height / lineHeight)));
  for (let row = 0; row < lineHeight; row++) {
    for (let column = 0; column < used; column++) {
      const sum: Colour = [0, 0, 0];
      for (let down = 0; down < samples; down++) {
        for (let across = 0; across < samples; across++) {
          const along = ((column + (across + 0.5) / samples) / used - 0.5) * width;
          const aside = ((row + (down + 0.5) / samples) / lineHeight - 0.5) * height;
          addSample(
            sum,
            pixels,
            x + along * direction.x - aside * direction.y,
            y + along * direction.y + aside * direction.x,
          );
        }
      }
      for (let plane = 0; plane < 3; plane++) {
        const value = sum[2 - plane] as number;
        data[(plane * lineHeight + row) * padded + column] = value / samples ** 2 / 127.5 - 1;
      }
    }
  }
  return { data, width: padded };
}

type Colour = [red: number, green: number, blue: number];

/** Between pixels, whose middles are at halves; at the picture's edge the edge again. */
function addSample(sum: Colour, { data, width, height, channels }: Pixels, x: number, y: number): void {
  const [left, top] = [Math.floor(x - 0.5), Math.floor(y - 0.5)];
  const [right, low] = [x - 0.5 - left, y - 0.5 - top];
  for (let down = 0; down < 2; down++) {
    const row = Math.min(Math.max(top + down, 0), height - 1);
    for (let across = 0; across < 2; across++) {
      const column = Math.min(Math.max(left + across, 0), width - 1);
      const weight = (across ? right : 1 - right) * (down ? low : 1 - low);
      const at = (row * width + column) * channels;
      for (let channel = 0; channel < 3; channel++) sum[channel]! += weight * data[at + channel]!;
    }
  }
}
