import { promisify } from "node:util";
import { crc32, deflate } from "node:zlib";

const deflated = promisify(deflate);
const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/**
 * A PNG of one value a pixel, row by row: a byte, or two where they are 16-bit. Written here and not by an image library, which may put a palette in another order: the
 * indices are what the file is for.
 * Packed quickly: runs of one value are most of a mask, and more work on them saves little.
 * @param palette 0xrrggbb each; without it the values are greys.
 */
export async function encodePng(
  values: Uint8Array | Uint16Array,
  width: number,
  height: number,
  palette?: readonly number[],
): Promise<Buffer> {
  const size = values.BYTES_PER_ELEMENT;
  const rows = Buffer.alloc((width * size + 1) * height);
  for (let y = 0; y < height; y++) {
    const [row, start] = [values.subarray(y * width, (y + 1) * width), y * (width * size + 1) + 1];
    if (size === 1) rows.set(row, start);
    else for (let x = 0; x < width; x++) rows.writeUInt16BE(row[x]!, start + 2 * x);
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8 * size, palette ? 3 : 0, 0, 0, 0], 8);
  const colours = palette?.flatMap((colour) => [colour >> 16, (colour >> 8) & 255, colour & 255]);
  return Buffer.concat([
    signature,
    chunk("IHDR", header),
    ...(colours ? [chunk("PLTE", Buffer.from(colours))] : []),
    chunk("IDAT", await deflated(rows, { level: 3 })),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

function chunk(type: string, body: Buffer): Buffer {
  const whole = Buffer.alloc(body.length + 12);
  whole.writeUInt32BE(body.length, 0);
  whole.write(type, 4, "latin1");
  body.copy(whole, 8);
  whole.writeUInt32BE(crc32(whole.subarray(4, 8 + body.length)), 8 + body.length);
  return whole;
}
