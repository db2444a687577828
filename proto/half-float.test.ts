import { describe, expect, it } from "vitest";
import { decodeHalf, encodeHalf } from "./half-float.js";

/** The value of a half by its definition. */
function halfValue(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 0x1f;
  const mantissa = half & 0x3ff;
  if (exponent === 0x1f) return mantissa === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return exponent === 0 ? sign * mantissa * 2 ** -24 : sign * (1 + mantissa / 1024) * 2 ** (exponent - 15);
}

const encode = (value: number) => encodeHalf(Float32Array.of(value))[0];

describe("encodeHalf", () => {
  it.each([
    ["0", 0, 0x0000],
    ["-0", -0, 0x8000],
    ["1", 1, 0x3c00],
    ["-2", -2, 0xc000],
    ["1/3", 1 / 3, 0x3555],
    ["the largest", 65504, 0x7bff],
    ["just below the tie with infinity", 65519.996, 0x7bff],
    ["the tie with infinity", 65520, 0x7c00],
    ["far too large", 3e38, 0x7c00],
    ["far too small", -3e38, 0xfc00],
    ["infinity", Number.POSITIVE_INFINITY, 0x7c00],
    ["-infinity", Number.NEGATIVE_INFINITY, 0xfc00],
    ["the least normal", 2 ** -14, 0x0400],
    ["the largest subnormal", 1023 * 2 ** -24, 0x03ff],
    ["a tie between subnormal and normal", 1023.5 * 2 ** -24, 0x0400],
    ["the least subnormal", 2 ** -24, 0x0001],
    ["half of it, to even", 2 ** -25, 0x0000],
    ["a little more than half of it", 2 ** -25 * (1 + 2 ** -23), 0x0001],
    ["one and a half of it, to even", 1.5 * 2 ** -24, 0x0002],
    ["less than half of it", -(2 ** -26), 0x8000],
    ["a subnormal of float32", 1e-45, 0x0000],
    ["a tie down to even", 1 + 2 ** -11, 0x3c00],
    ["a tie up to even", 1 + 3 * 2 ** -11, 0x3c02],
    ["a carry into the exponent", 2 - 2 ** -12, 0x4000],
  ])("%s", (_name, value, half) => {
    expect(encode(value)).toBe(half);
  });

  it("keeps NaN, with its sign and the top of its payload", () => {
    const bits = Uint32Array.of(0x7fc0_0000, 0xffc0_0000, 0x7f80_0001, 0x7fff_ffff, 0x7fc0_2000);
    expect(Array.from(encodeHalf(new Float32Array(bits.buffer)))).toEqual([0x7e00, 0xfe00, 0x7e00, 0x7fff, 0x7e01]);
  });

  it("gives back every half, and rounds between neighbours to the nearest, ties to even", () => {
    for (let half = 0; half < 0x7c00; half++) {
      const low = halfValue(half);
      const high = half === 0x7bff ? 65536 : halfValue(half + 1);
      const middle = (low + high) / 2;
      const step = Math.max(middle * 2 ** -22, 2 ** -149);
      const values = Float32Array.of(low, middle - step, middle, middle + step, -low, -middle);
      const even = half % 2 === 0 ? half : half + 1;
      expect(Array.from(encodeHalf(values))).toEqual([half, half, even, half + 1, half | 0x8000, even | 0x8000]);
    }
  });

  it("reads a view that starts inside a buffer", () => {
    const values = new Float32Array(Float32Array.of(7, 1, 2, 7).buffer, 4, 2);
    expect(encodeHalf(values)).toEqual(Uint16Array.of(0x3c00, 0x4000));
  });
});

describe("decodeHalf", () => {
  it("is the definition's value for all 65536", () => {
    const halves = Uint16Array.from({ length: 0x10000 }, (_, half) => half);
    const values = decodeHalf(halves);
    let wrong = 0;
    for (const half of halves) if (!Object.is(values[half], halfValue(half))) wrong++;
    expect(wrong).toBe(0);
  });

  it("round trips all but the quieted NaN", () => {
    const halves = Uint16Array.from({ length: 0x10000 }, (_, half) => half);
    const back = encodeHalf(decodeHalf(halves));
    let wrong = 0;
    for (const half of halves) {
      const nan = (half & 0x7fff) > 0x7c00;
      if (back[half] !== (nan ? half | 0x0200 : half)) wrong++;
    }
    expect(wrong).toBe(0);
  });
});
