import type { Pixels } from "./open-picture.js";

/** A number for red, green and blue. */
type ByChannel = readonly [number, number, number];

/** Lays rows of interleaved bytes into a plane for each colour, as `byte * scale + shift`. */
export class RowsOfPlanes {
  readonly #pixels: Pick<Pixels, "data" | "channels">;
  readonly #planes: Record<"red" | "green" | "blue", Float32Array>;
  readonly #line: Readonly<Record<`${"red" | "green" | "blue"}${"Scale" | "Shift"}`, number>>;
  /** Four pixels in three words: a word is read sooner than its four bytes. Undefined where pixels do not lie so. */
  readonly #words: Uint32Array | undefined;

  constructor(
    pixels: Pick<Pixels, "data" | "channels">,
    planes: Record<"red" | "green" | "blue", Float32Array>,
    scales: ByChannel,
    shifts: ByChannel,
  ) {
    const { data, channels } = pixels;
    this.#pixels = pixels;
    this.#planes = planes;
    const [redScale, greenScale, blueScale] = scales;
    const [redShift, greenShift, blueShift] = shifts;
    this.#line = { redScale, greenScale, blueScale, redShift, greenShift, blueShift };
    const isInWords = channels === 3 && data.byteOffset % 4 === 0;
    this.#words = isInWords ? new Uint32Array(data.buffer, data.byteOffset, data.byteLength >> 2) : undefined;
  }

  /** @param pixel the row's first, by its number in the picture. @param from where it comes in the planes. @param to where the row ends there. */
  write(pixel: number, from: number, to: number): void {
    const words = this.#words;
    if (!words) return this.#writeSingly(pixel, from, to);
    const first = Math.min(to, from + (-pixel & 3));
    const last = first + ((to - first) & ~3);
    this.#writeSingly(pixel, from, first);
    this.#writeWords(words, pixel + first - from, first, last);
    this.#writeSingly(pixel + last - from, last, to);
  }

  #writeSingly(pixel: number, from: number, to: number): void {
    const { data, channels } = this.#pixels;
    const { red, green, blue } = this.#planes;
    const { redScale, greenScale, blueScale, redShift, greenShift, blueShift } = this.#line;
    for (let at = from, byte = pixel * channels; at < to; at++, byte += channels) {
      red[at] = data[byte]! * redScale + redShift;
      green[at] = data[byte + 1]! * greenScale + greenShift;
      blue[at] = data[byte + 2]! * blueScale + blueShift;
    }
  }

  /** Whole groups of four pixels, of which the first lies at the beginning of a word; the lowest byte of a word is the first. */
  #writeWords(words: Uint32Array, pixel: number, from: number, to: number): void {
    const { red, green, blue } = this.#planes;
    const { redScale, greenScale, blueScale, redShift, greenShift, blueShift } = this.#line;
    for (let at = from, word = (3 * pixel) >> 2; at < to; at += 4, word += 3) {
      const a = words[word]!;
      const b = words[word + 1]!;
      const c = words[word + 2]!;
      red[at] = (a & 255) * redScale + redShift;
      green[at] = ((a >>> 8) & 255) * greenScale + greenShift;
      blue[at] = ((a >>> 16) & 255) * blueScale + blueShift;
      red[at + 1] = (a >>> 24) * redScale + redShift;
      green[at + 1] = (b & 255) * greenScale + greenShift;
      blue[at + 1] = ((b >>> 8) & 255) * blueScale + blueShift;
      red[at + 2] = ((b >>> 16) & 255) * redScale + redShift;
      green[at + 2] = (b >>> 24) * greenScale + greenShift;
      blue[at + 2] = (c & 255) * blueScale + blueShift;
      red[at + 3] = ((c >>> 8) & 255) * redScale + redShift;
      green[at + 3] = ((c >>> 16) & 255) * greenScale + greenShift;
      blue[at + 3] = (c >>> 24) * blueScale + blueShift;
    }
  }
}
