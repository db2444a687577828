type Bytes = Uint8Array;

/**
 * Formats that are offered: sharp's name, its loader, and how a file begins, by every signature and brand that the loader
 * reads.
 */
const formats = [
  { name: "jpeg", loader: "VipsForeignLoadJpegBuffer", begins: (b: Bytes) => starts(b, [0xff, 0xd8]) },
  { name: "png", loader: "VipsForeignLoadPngBuffer", begins: (b: Bytes) => starts(b, [0x89, 0x50, 0x4e, 0x47]) },
  {
    name: "webp",
    loader: "VipsForeignLoadWebpBuffer",
    begins: (b: Bytes) => text(b, 0, 4) === "RIFF" && text(b, 8, 12) === "WEBP",
  },
  {
    name: "gif",
    loader: "VipsForeignLoadNsgifBuffer",
    begins: (b: Bytes) => ["GIF87a", "GIF89a"].includes(text(b, 0, 6)),
  },
  {
    name: "tiff",
    loader: "VipsForeignLoadTiffBuffer",
    begins: (b: Bytes) =>
      starts(b, [0x49, 0x49, 42, 0]) ||
      starts(b, [0x4d, 0x4d, 0, 42]) ||
      // BigTIFF: 8-byte offsets.
      starts(b, [0x49, 0x49, 43, 0, 8, 0, 0, 0]) ||
      starts(b, [0x4d, 0x4d, 0, 43, 0, 8, 0, 0]),
  },
  {
    name: "avif",
    loader: "VipsForeignLoadHeifBuffer",
    begins: (b: Bytes) => brandsOf(b).some((brand) => brand === "avif" || brand === "avis"),
  },
] as const;

/** Formats that people send and that are not offered, so that the refusal can name what they have. */
const others = [
  { name: "HEIC", begins: (b: Bytes) => brandsOf(b).some((brand) => /^(hei[cxms]|hev[cxms]|mif1|msf1)$/.test(brand)) },
  { name: "BMP", begins: (b: Bytes) => text(b, 0, 2) === "BM" && starts(b.subarray(6, 10), [0, 0, 0, 0]) },
  { name: "JPEG XL", begins: (b: Bytes) => starts(b, [0xff, 0x0a]) || text(b, 4, 8) === "JXL " },
  { name: "JPEG 2000", begins: (b: Bytes) => text(b, 4, 8) === "jP  " || starts(b, [0xff, 0x4f, 0xff, 0x51]) },
  { name: "Photoshop", begins: (b: Bytes) => text(b, 0, 4) === "8BPS" },
] as const;

/** Enough of a file to tell its format by. */
export const formatHeadBytes = 256;

export type Format = (typeof formats)[number]["name"];

export const offeredNames = "JPEG, PNG, WebP, GIF, TIFF or AVIF";
export const offeredLoaders: string[] = formats.map((format) => format.loader);

/** As people write them. */
export const formatNames: Record<Format, string> = {
  jpeg: "JPEG",
  png: "PNG",
  webp: "WebP",
  gif: "GIF",
  tiff: "TIFF",
  avif: "AVIF",
};

/** The format by the file's first bytes, whatever its name says; undefined when it is not offered. */
export function formatOf(bytes: Bytes): Format | undefined {
  return formats.find((format) => format.begins(bytes))?.name;
}

/** What a file is called that is a picture of a kind that is not offered; undefined for all else. */
export function otherFormatOf(bytes: Bytes): string | undefined {
  return others.find((format) => format.begins(bytes))?.name;
}

/** The brands of a file of the ISO base media format (ISO/IEC 14496-12, 4.3): the major one, then the compatible ones. */
function brandsOf(bytes: Bytes): string[] {
  if (text(bytes, 4, 8) !== "ftyp") return [];
  const size = new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0);
  const end = Math.min(size, bytes.byteLength, formatHeadBytes);
  const brands = [text(bytes, 8, 12)];
  for (let at = 16; at + 4 <= end; at += 4) brands.push(text(bytes, at, at + 4));
  return brands;
}

const starts = (bytes: Bytes, magic: number[]) => magic.every((byte, index) => bytes[index] === byte);
const text = (bytes: Bytes, from: number, to: number) => String.fromCharCode(...bytes.subarray(from, to));
