/** VOC's colour of an index, 0xrrggbb: its bits by threes, the lowest become the highest. */
export function vocColour(index: number): number {
  let [red, green, blue] = [0, 0, 0];
  for (let bit = 7, rest = index; bit >= 0; bit--, rest >>= 3) {
    red |= (rest & 1) << bit;
    green |= ((rest >> 1) & 1) << bit;
    blue |= ((rest >> 2) & 1) << bit;
  }
  return (red << 16) | (green << 8) | blue;
}

export const vocPalette: readonly number[] = Array.from({ length: 256 }, (_, index) => vocColour(index));

/** What VOC draws around objects: nobody's. */
export const ignored = 255;
