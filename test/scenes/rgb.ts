/** A colour that is filled in place: linear light, no upper bound. */
export interface Rgb {
  r: number;
  g: number;
  b: number;
}

export const black = (): Rgb => ({ r: 0, g: 0, b: 0 });

export const luminance = (r: number, g: number, b: number): number => 0.2126 * r + 0.7152 * g + 0.0722 * b;

export type Colour = readonly [number, number, number];

/** "#rrggbb" in sRGB to linear light. */
export function colour(hex: string): Colour {
  const value = Number.parseInt(hex.slice(1), 16);
  return [linear(value >> 16), linear((value >> 8) & 255), linear(value & 255)];
}

function linear(byte: number): number {
  const c = byte / 255;
  return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
}

/** From linear light to the sRGB curve, both 0 to 1. */
export const encode = (x: number): number => (x <= 0.0031308 ? 12.92 * x : 1.055 * x ** (1 / 2.4) - 0.055);
