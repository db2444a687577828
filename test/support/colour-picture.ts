import sharp from "sharp";

/** What the tiny detector finds in grey, and where: the square's middle, in pixels of 640 x 480. */
export const colourPlaces = {
  leftDog: { x: 172, y: 142 },
  rightDog: { x: 468, y: 142 },
  cat: { x: 172, y: 388 },
} as const;

/** Half of a square's side: it fills one cell of the detector and a part of those around. */
const half = 37;
const colours = { leftDog: [250, 10, 10], rightDog: [250, 10, 10], cat: [10, 250, 10] } as const;

/** Two red squares and a green one on grey, 640 x 480. @param grey another picture, of the same form. */
export function colourPicture(grey = 128): Promise<Buffer> {
  const [width, height] = [640, 480];
  const pixels = new Uint8Array(3 * width * height).fill(grey);
  for (const [name, { x, y }] of Object.entries(colourPlaces)) {
    for (let row = y - half; row < y + half; row++)
      for (let column = x - half; column < x + half; column++)
        pixels.set(colours[name as keyof typeof colours], 3 * (row * width + column));
  }
  return sharp(pixels, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
}
