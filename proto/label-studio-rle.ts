/**
 * The run lengths of a brush in Label Studio: a stream of bits, most significant first, of the mask's pixels row by row as RGBA
 * bytes. A head says how many bytes there are (32 bits), how many bits a value has (5, less one) and how many each of four kinds
 * of length has (4 each, less one). Then come runs: a bit that says whether one value repeats, two for the kind of length, the
 * length less one, and the value, or as many values as the length says.
 */
import { checkMaskSize, type MaskRuns, RunsBuilder } from "./rle.js";
import { transposed } from "./rle-transposed.js";

const channels = 4;
const valueBits = 8;
const lengthBits = [3, 4, 8, 16];
/** What people draw with leaves the edge half clear. */
const half = 128;

/** A mask as the numbers in `value.rle`: its pixels are opaque white, all others clear. */
export function encodeLabelStudioRle(mask: MaskRuns): number[] {
  // Row by row.
  const { runs } = transposed(mask);
  const bits = new BitWriter();
  const total = mask.width * mask.height * channels;
  bits.write(Math.floor(total / 2 ** 16), 16);
  bits.write(total % 2 ** 16, 16);
  bits.write(valueBits - 1, 5);
  for (const length of lengthBits) bits.write(length - 1, 4);
  let isIn = false;
  for (const run of runs) {
    writeRun(bits, isIn ? 255 : 0, run * channels);
    isIn = !isIn;
  }
  return bits.finish();
}

function writeRun(bits: BitWriter, value: number, length: number): void {
  for (let left = length; left > 0; ) {
    const kind = lengthBits.findIndex((size) => left <= 2 ** size);
    const at = kind < 0 ? lengthBits.length - 1 : kind;
    const taken = Math.min(left, 2 ** lengthBits[at]!);
    const size = lengthBits[at]!;
    bits.write(((4 + at) << size) | (taken - 1), 3 + size);
    bits.write(value, valueBits);
    left -= taken;
  }
}

/**
 * The mask of a brush on a picture of this size: what is at least half opaque.
 * @throws RangeError with one plain sentence when the numbers are no such stream, or of another size.
 */
export function decodeLabelStudioRle(numbers: ArrayLike<number>, width: number, height: number): MaskRuns {
  checkMaskSize(height, width);
  const bits = new BitReader(numbers);
  const total = bits.read(32);
  if (total !== width * height * channels) {
    throw new RangeError(
      `The brush has ${total} values, but a picture of ${width} x ${height} has ${width * height * 4}.`,
    );
  }
  const wordBits = bits.read(5) + 1;
  const sizes = [0, 0, 0, 0].map(() => bits.read(4) + 1);
  /** Row by row. */
  const rows = new RunsBuilder();
  for (let at = 0; at < total; ) {
    const repeats = bits.read(1) === 1;
    const end = at + 1 + bits.read(sizes[bits.read(2)]!);
    if (end > total) throw new RangeError("The brush has a run that ends after the picture.");
    if (repeats) {
      const [first, last] = [firstPixel(at), firstPixel(end)];
      if (bits.read(wordBits) >= half && last > first) rows.add(first, last);
      at = end;
    } else {
      for (; at < end; at++) {
        const pixel = firstPixel(at);
        if (bits.read(wordBits) >= half && at % channels === 3) rows.add(pixel, pixel + 1);
      }
    }
  }
  return transposed({ height: width, width: height, runs: rows.finish(width * height) });
}

/** Opacity is the last of a pixel's values: the first pixel whose opacity is at or after an index. */
const firstPixel = (at: number) => Math.ceil((at - 3) / channels);

class BitWriter {
  readonly #bytes: number[] = [];
  #waiting = 0;
  #count = 0;

  /** At most 24 bits. */
  write(value: number, count: number): void {
    this.#waiting = (this.#waiting << count) | value;
    this.#count += count;
    while (this.#count >= 8) {
      this.#count -= 8;
      this.#bytes.push((this.#waiting >> this.#count) & 255);
    }
    this.#waiting &= 255;
  }

  finish(): number[] {
    if (this.#count > 0) this.write(0, 8 - this.#count);
    return this.#bytes;
  }
}

class BitReader {
  readonly #bytes: ArrayLike<number>;
  #at = 0;
  #waiting = 0;
  #count = 0;

  constructor(bytes: ArrayLike<number>) {
    this.#bytes = bytes;
  }

  read(count: number): number {
    if (count > 16) return this.read(count - 16) * 2 ** 16 + this.read(16);
    while (this.#count < count) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) throw new RangeError("The brush's numbers end before the picture does.");
      if (!Number.isInteger(byte) || byte < 0 || byte > 255) {
        throw new RangeError("The brush's numbers must be whole numbers from 0 to 255.");
      }
      this.#waiting = ((this.#waiting & 0xffff) << 8) | byte;
      this.#count += 8;
    }
    this.#count -= count;
    return (this.#waiting >> this.#count) & (2 ** count - 1);
  }
}
