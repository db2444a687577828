import { crc32, createDeflate } from "node:zlib";
import sharp from "sharp";
import type { Attack } from "../attack.js";
import { inParallel } from "../tally.js";
import { randomBytes } from "../wire/mutate-bytes.js";
import { exchange, post, tellHttp } from "../wire/raw-http.js";

/** Small files that say they are pictures as large as are taken: what opens them needs all of their pixels at once. */
export const hugePictures: Attack = {
  name: "huge-pictures",
  title: "files of a few hundred kilobytes that are pictures of 100 million pixels, interlaced and of 16 bits",
  setting: "roles",
  unit: "uploads",
  count: 24,
  short: 0,
  async run({ gateway, from }, random, tally) {
    const interlaced = await interlacedPng(10_000, 10_000, 8);
    const deep = await interlacedPng(7000, 7000, 16);
    const isLong = tally.left > 10;
    const blank = { create: { width: 9990, height: 9990, channels: 3 as const, background: "#4080c0" } };
    const pictures = [interlaced, deep, await sharp(blank).jpeg({ progressive: true }).toBuffer()];
    if (isLong) {
      pictures.push(await sharp(blank).webp().toBuffer(), await sharp(blank).avif({ effort: 0 }).toBuffer());
      pictures.push(await sharp(blank).tiff({ compression: "lzw" }).toBuffer(), await sharp(blank).gif().toBuffer());
    }
    let turn = 0;
    tally.begin();
    await inParallel(4, tally, async () => {
      const picture = pictures[turn++ % pictures.length] as Buffer;
      tally.try();
      // Whole, and new each time.
      const own = Buffer.concat([picture, randomBytes(random, 8)]);
      const answer = await exchange(gateway, from, post("/v1/images", own), { lingerMs: tally.patienceMs(60_000) });
      if (answer.statuses.length === 0 && !answer.isClosed) tally.note("an upload was not answered in time");
      tellHttp(answer, tally);
    });
  },
};

/** Black, in Adam7's seven passes (PNG, third edition, section 8.2). */
async function interlacedPng(width: number, height: number, depth: 8 | 16): Promise<Buffer> {
  const passes = [
    [0, 0, 8, 8],
    [4, 0, 8, 8],
    [0, 4, 4, 8],
    [2, 0, 4, 4],
    [0, 2, 2, 4],
    [1, 0, 2, 2],
    [0, 1, 1, 2],
  ] as const;
  const bytesAPixel = (3 * depth) / 8;
  const deflate = createDeflate({ level: 1 });
  const pieces: Buffer[] = [];
  deflate.on("data", (piece: Buffer) => pieces.push(piece));
  const done = new Promise((resolve) => deflate.once("end", resolve));
  const nothing = Buffer.alloc(1 << 20);
  for (const [x, y, stepX, stepY] of passes) {
    const rows = Math.ceil((height - y) / stepY);
    let left = rows * (1 + Math.ceil((width - x) / stepX) * bytesAPixel);
    for (; left > 0; left -= nothing.length) {
      if (!deflate.write(nothing.subarray(0, Math.min(left, nothing.length)))) {
        await new Promise((resolve) => deflate.once("drain", resolve));
      }
    }
  }
  deflate.end();
  await done;
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  // RGB, deflate, adaptive filters, Adam7.
  header.set([depth, 2, 0, 0, 1], 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([
    signature,
    chunk("IHDR", header),
    chunk("IDAT", Buffer.concat(pieces)),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const framed = Buffer.alloc(body.length + 8);
  framed.writeUInt32BE(data.length, 0);
  framed.set(body, 4);
  framed.writeUInt32BE(crc32(body), body.length + 4);
  return framed;
}
