import type { Metadata } from "sharp";
import type { Format } from "../../runtime/offered-formats.js";

/** What decoding a picture takes at once. */
export interface DecodeCost {
  bytes: number;
  /** Why that is so much, for a person: "interlaced", "with 16 bits a channel". */
  because: string;
}

type Header = Pick<
  Metadata,
  "width" | "height" | "channels" | "depth" | "isProgressive" | "pages" | "chromaSubsampling"
>;

/** Rows, tables and the resized picture of any decode; measured 8 to 62 MiB for pictures of 100 megapixels. */
const flatBytes = 64 * 1024 * 1024;

const sampleBytes: Record<string, number> = { ushort: 2, short: 2, uint: 4, int: 4, float: 4, double: 8 };

/**
 * Memory that decoding takes, by the header alone: bytes a pixel as measured on pictures of 100 megapixels, rounded up.
 * Files that are read row by row cost little whatever their size; the others are held whole.
 * @param isWhole the picture is read at full size before it is made smaller: see `openPicture`.
 */
export function decodeCost(format: Format, header: Header, isWhole: boolean): DecodeCost {
  const { width = 0, height = 0, channels = 4, depth = "uchar", isProgressive, pages = 1, chromaSubsampling } = header;
  const pixels = width * height;
  const stored = pixels * channels * (sampleBytes[depth] ?? 1);
  const deep = (sampleBytes[depth] ?? 1) > 1 ? ` with ${8 * (sampleBytes[depth] ?? 1)} bits a channel` : "";
  const held = (bytes: number, because: string): DecodeCost => ({ bytes: flatBytes + Math.ceil(bytes), because });
  if (isWhole) return held(stored + 3 * pixels, `its kind${deep} is decoded as a whole`);
  switch (format) {
    case "jpeg": {
      // Two bytes a coefficient, colours at half the resolution both ways or at the full one.
      const coefficients = chromaSubsampling === "4:2:0" ? 1.5 : channels;
      return isProgressive ? held(2.1 * coefficients * pixels, "it is progressive") : held(0, "");
    }
    case "png":
      return isProgressive ? held(1.15 * stored, `it is interlaced${deep}`) : held(0, "");
    case "webp":
      // A frame is laid on a canvas, and that on the one before.
      return pages > 1 ? held(12 * pixels, "it is animated") : held(4 * pixels, "a WebP is decoded as a whole");
    case "gif":
      return held(5 * pixels, "a GIF is decoded as a whole");
    case "avif":
      return held((deep ? 28 : 19) * pixels, `an AVIF is decoded as a whole${deep}`);
    case "tiff":
      return held(0, "");
  }
}
