/** A table of CRC-32 (ISO 3309), as PNG wants it. */
const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  return crc >>> 0;
});

/** VOC's colours, by which DAVIS's viewers know objects: each bit of a number brightens a channel in turn. */
function vocPalette(): Uint8Array {
  const palette = new Uint8Array(256 * 3);
  for (let index = 0; index < 256; index++) {
    let [rest, r, g, b] = [index, 0, 0, 0];
    for (let bit = 7; bit >= 0; bit--, rest >>= 3) {
      r |= (rest & 1) << bit;
      g |= ((rest >> 1) & 1) << bit;
      b |= ((rest >> 2) & 1) << bit;
    }
    palette.set([r, g, b], index * 3);
  }
  return palette;
}

/** A PNG of one byte a pixel, an index into VOC's colours. @param deflate makes a zlib stream. */
export function palettePng(
  indices: Uint8Array,
  width: number,
  height: number,
  deflate: (bytes: Uint8Array) => Uint8Array,
): Uint8Array {
  const rows = new Uint8Array(height * (width + 1));
  // Each row begins with its filter: none, which packs areas of one value best.
  for (let y = 0; y < height; y++) rows.set(indices.subarray(y * width, (y + 1) * width), y * (width + 1) + 1);
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  // 8 bits, by palette.
  header.set([8, 3], 8);
  const parts = [
    Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk("IHDR", header),
    chunk("PLTE", vocPalette()),
    chunk("IDAT", deflate(rows)),
    chunk("IEND", new Uint8Array()),
  ];
  const png = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    png.set(part, at);
    at += part.length;
  }
  return png;
}

function chunk(type: string, data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(data.length + 12);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, data.length);
  for (let at = 0; at < 4; at++) bytes[4 + at] = type.charCodeAt(at);
  bytes.set(data, 8);
  let crc = 0xffffffff;
  for (const byte of bytes.subarray(4, 8 + data.length)) crc = (crc >>> 8) ^ (table[(crc ^ byte) & 0xff] ?? 0);
  view.setUint32(8 + data.length, ~crc >>> 0);
  return bytes;
}
