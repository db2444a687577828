import { constants, crc32, deflateRawSync } from "node:zlib";

/** Adam7's seven passes: where each begins, and its steps (PNG, third edition, section 8.2). */
const passes = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;

/** A PNG in RGB, black and interlaced: a file of some hundred kilobytes, whatever its size in pixels. */
export function interlacedPng(width: number, height: number, depth: 8 | 16): Buffer {
  const bytesAPixel = (3 * depth) / 8;
  const bytes = passes.reduce((sum, [x, y, stepX, stepY]) => {
    const row = 1 + Math.ceil((width - x) / stepX) * bytesAPixel;
    return sum + Math.ceil((height - y) / stepY) * row;
  }, 0);
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  // RGB, deflate, adaptive filters, Adam7.
  header.set([depth, 2, 0, 0, 1], 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([
    signature,
    chunk("IHDR", header),
    chunk("IDAT", deflatedZeros(bytes)),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

/** A stream of zlib's of so many zeros, made of the same block again and again. */
function deflatedZeros(bytes: number): Buffer {
  const zeros = Buffer.alloc(1 << 20);
  const block = deflateRawSync(zeros, { finishFlush: constants.Z_FULL_FLUSH });
  const last = deflateRawSync(zeros.subarray(0, bytes % zeros.length));
  // Adler-32 of zeros (RFC 1950, section 8.2): the sums of the bytes plus one, and of those sums.
  const check = Buffer.alloc(4);
  check.writeUInt16BE(bytes % 65_521, 0);
  check.writeUInt16BE(1, 2);
  const blocks = Array<Buffer>(Math.floor(bytes / zeros.length)).fill(block);
  return Buffer.concat([Buffer.from([0x78, 0x01]), ...blocks, last, check]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const framed = Buffer.alloc(body.length + 8);
  framed.writeUInt32BE(data.length, 0);
  framed.set(body, 4);
  framed.writeUInt32BE(crc32(body), body.length + 4);
  return framed;
}
