import { promisify } from "node:util";
import { constants, crc32, deflate } from "node:zlib";

const signature = Buffer.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
const deflated = promisify(deflate);

/** Of a mask nothing but runs is worth looking for. */
const quick = { level: 1, strategy: constants.Z_RLE };

/** An 8-bit grey PNG (https://www.w3.org/TR/png-3/). @param pixels row by row. */
export async function greyPng({
  width,
  height,
  pixels,
}: {
  width: number;
  height: number;
  pixels: Uint8Array;
}): Promise<Buffer> {
  // Each row begins with how it is filtered: not at all.
  const rows = Buffer.alloc(height * (width + 1));
  for (let y = 0; y < height; y++) rows.set(pixels.subarray(y * width, (y + 1) * width), y * (width + 1) + 1);
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = 8;
  return Buffer.concat([
    signature,
    chunk("IHDR", header),
    chunk("IDAT", await deflated(rows, quick)),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}
