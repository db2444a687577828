/** Formats that are offered: sharp's name, its loader, and how the file begins. */
const formats = [
  { name: "jpeg", loader: "VipsForeignLoadJpegBuffer", begins: (b: Uint8Array) => starts(b, [0xff, 0xd8, 0xff]) },
  { name: "png", loader: "VipsForeignLoadPngBuffer", begins: (b: Uint8Array) => starts(b, [0x89, 0x50, 0x4e, 0x47]) },
  {
    name: "webp",
    loader: "VipsForeignLoadWebpBuffer",
    begins: (b: Uint8Array) => text(b, 0, 4) === "RIFF" && text(b, 8, 12) === "WEBP",
  },
  { name: "gif", loader: "VipsForeignLoadNsgifBuffer", begins: (b: Uint8Array) => text(b, 0, 4) === "GIF8" },
  {
    name: "tiff",
    loader: "VipsForeignLoadTiffBuffer",
    begins: (b: Uint8Array) => starts(b, [0x49, 0x49, 0x2a, 0]) || starts(b, [0x4d, 0x4d, 0, 0x2a]),
  },
  {
    name: "avif",
    loader: "VipsForeignLoadHeifBuffer",
    begins: (b: Uint8Array) => text(b, 4, 8) === "ftyp" && /^avi[fs]$/.test(text(b, 8, 12)),
  },
] as const;

export const offeredNames = "JPEG, PNG, WebP, GIF, TIFF or AVIF";
export const offeredLoaders: string[] = formats.map((format) => format.loader);

/** The format by the file's first bytes, whatever its name says; undefined when it is not offered. */
export function formatOf(bytes: Uint8Array): string | undefined {
  return formats.find((format) => format.begins(bytes))?.name;
}

const starts = (bytes: Uint8Array, magic: number[]) => magic.every((byte, index) => bytes[index] === byte);
const text = (bytes: Uint8Array, from: number, to: number) => String.fromCharCode(...bytes.subarray(from, to));
