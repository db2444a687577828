/**
 * IEEE 754 binary16 ("half") and back, for tensors at rest: the exponent of a float32 says everything about how its
 * mantissa is moved, so that tables over it replace all cases. The idea is that of Jeroen van der Zijp, "Fast Half Float
 * Conversions" (2008), with rounding to the nearest in place of truncation.
 */

const MANTISSA = 0x007f_ffff;
const IMPLICIT_ONE = 0x0080_0000;
const MAGNITUDE = 0x7fff_ffff;
const INFINITY_32 = 0x7f80_0000;
const INFINITY_16 = 0x7c00;
/** Float32 bits of 2^-14, the least half that is not subnormal, and of 65520, which is nearer to infinity than to 65504. */
const LEAST_NORMAL_16 = 0x3880_0000;
const ROUNDS_TO_INFINITY_16 = 0x477f_f000;
/** From a float32's exponent to a half's. */
const REBIAS = 0x3800_0000;
const QUIET_16 = 0x7e00;

/** For each sign and exponent of a float32 (9 bits): how to make the half of it. */
interface EncodeTables {
  /** Sign and exponent of the half. */
  readonly base: Uint16Array;
  /** Which of the mantissa's bits count. */
  readonly mask: Uint32Array;
  /** The leading one, where the half's format does not imply it. */
  readonly one: Uint32Array;
  /** By how many bits the mantissa is cut. */
  readonly shift: Uint8Array;
}

const encoding = encodeTables();
const decoding = decodeTable();

/**
 * The nearest half of each value, ties to even; beyond 65504 (from 65520 on) infinity, below half the least subnormal
 * zero. Signs, infinities and NaN are kept, a NaN with the upper bits of its payload.
 * @returns as many elements, each the bits of a half.
 */
export function encodeHalf(values: Float32Array): Uint16Array<ArrayBuffer> {
  const { base, mask, one, shift } = encoding;
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const halves = new Uint16Array(values.length);
  for (let i = 0; i < bits.length; i++) {
    const word = bits[i]!;
    const magnitude = word & MAGNITUDE;
    if (magnitude >= LEAST_NORMAL_16 && magnitude < ROUNDS_TO_INFINITY_16) {
      // Nearly every logit and every feature: the exponent is moved, the mantissa cut.
      const nearest = magnitude - REBIAS + 0xfff + ((magnitude >>> 13) & 1);
      halves[i] = ((word >>> 16) & 0x8000) | (nearest >>> 13);
      continue;
    }
    if (magnitude > INFINITY_32) {
      halves[i] = ((word >>> 16) & 0x8000) | QUIET_16 | ((word & MANTISSA) >>> 13);
      continue;
    }
    const key = word >>> 23;
    const cut = shift[key]!;
    const mantissa = (word & mask[key]!) | one[key]!;
    // Half of the last place less one, plus the bit that the last place has: ties go to even. A carry out of the
    // mantissa steps the exponent up, into infinity too, as it should.
    const rounding = (1 << (cut - 1)) - 1 + ((mantissa >>> cut) & 1);
    halves[i] = base[key]! + ((mantissa + rounding) >>> cut);
  }
  return halves;
}

/**
 * The values of halves; every half has an exact float32.
 * @param halves bits of one half an element. @returns as many elements.
 */
export function decodeHalf(halves: Uint16Array): Float32Array {
  const values = new Float32Array(halves.length);
  const bits = new Uint32Array(values.buffer);
  for (let i = 0; i < halves.length; i++) bits[i] = decoding[halves[i]!]!;
  return values;
}

function encodeTables(): EncodeTables {
  const base = new Uint16Array(512);
  const mask = new Uint32Array(512);
  const one = new Uint32Array(512);
  const shift = new Uint8Array(512);
  for (let key = 0; key < 512; key++) {
    const exponent = (key & 0xff) - 127;
    const sign = (key & 0x100) << 7;
    if (exponent < -25) {
      // Less than half of the least subnormal.
      base[key] = sign;
      shift[key] = 13;
    } else if (exponent < -14) {
      // Subnormal: no exponent, the leading one spelled out.
      base[key] = sign;
      mask[key] = MANTISSA;
      one[key] = IMPLICIT_ONE;
      shift[key] = -1 - exponent;
    } else if (exponent < 16) {
      base[key] = sign | ((exponent + 15) << 10);
      mask[key] = MANTISSA;
      shift[key] = 13;
    } else {
      base[key] = sign | INFINITY_16;
      shift[key] = 13;
    }
  }
  return { base, mask, one, shift };
}

/** The float32 bits of all 65536 halves, 256 KiB: one look-up a value. */
function decodeTable(): Uint32Array {
  const table = new Uint32Array(0x10000);
  for (let half = 0; half < table.length; half++) {
    const exponent = (half >>> 10) & 0x1f;
    const mantissa = half & 0x3ff;
    let magnitude: number;
    if (exponent === 0x1f) {
      magnitude = INFINITY_32 | (mantissa << 13);
    } else if (exponent > 0) {
      magnitude = ((exponent - 15 + 127) << 23) | (mantissa << 13);
    } else if (mantissa > 0) {
      // Subnormal: mantissa * 2^-24, and its highest bit becomes the implied one.
      const highest = 31 - Math.clz32(mantissa);
      magnitude = ((highest - 24 + 127) << 23) | ((mantissa << (23 - highest)) & MANTISSA);
    } else {
      magnitude = 0;
    }
    table[half] = ((half & 0x8000) << 16) | magnitude;
  }
  return table;
}
