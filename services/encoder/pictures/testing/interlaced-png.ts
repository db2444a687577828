import { crc32, deflateSync } from "node:zlib";

/** First column and row of each pass over a picture, and its steps to the right and down: PNG (third edition), 8.1, Adam7. */
const passes = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;

/** A transparent square of RGBA that nothing can be shown of before its last byte. Its data are zeros, filters included. */
export function interlacedPng(side: number): Buffer {
  let bytes = 0;
  for (const [column, row, right, down] of passes) {
    bytes += Math.ceil((side - row) / down) * (1 + 4 * Math.ceil((side - column) / right));
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(side, 0);
  header.writeUInt32BE(side, 4);
  // 8 bits, RGBA, interlaced.
  header.set([8, 6, 0, 0, 1], 8);
  const data = deflateSync(Buffer.alloc(bytes), { level: 1 });
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([signature, chunk("IHDR", header), chunk("IDAT", data), chunk("IEND", Buffer.alloc(0))]);
}

function chunk(type: string, data: Buffer): Buffer {
  const framed = Buffer.concat([Buffer.alloc(4), Buffer.from(type, "latin1"), data, Buffer.alloc(4)]);
  framed.writeUInt32BE(data.length, 0);
  framed.writeUInt32BE(crc32(framed.subarray(4, -4)), framed.length - 4);
  return framed;
}
