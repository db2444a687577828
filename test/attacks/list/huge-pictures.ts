import sharp from "sharp";
import type { Attack } from "../attack.js";
import { inParallel } from "../tally.js";
import { interlacedPng } from "../wire/interlaced-png.js";
import { randomBytes } from "../wire/mutate-bytes.js";
import { exchange, post, tellHttp } from "../wire/raw-http.js";

/** Small files that say they are pictures as large as are taken: what opens them needs all of their pixels at once. */
export const hugePictures: Attack = {
  name: "huge-pictures",
  title: "files of a few hundred kilobytes that are pictures of 100 million pixels, interlaced and of 16 bits",
  setting: "roles",
  unit: "uploads",
  count: 24,
  short: 6,
  async run({ gateway, from }, random, tally) {
    const pictures = [interlacedPng(10_000, 10_000, 8), interlacedPng(7000, 7000, 16)];
    // Some seconds each to make.
    if (tally.left > 10) pictures.push(...(await blankPictures(9990, 9990)));
    let turn = 0;
    // They are opened one after the other, for some seconds each: in the short form the last is to have its turn in time.
    const atOnce = tally.left > 10 ? 4 : 2;
    tally.begin();
    await inParallel(atOnce, tally, async () => {
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

async function blankPictures(width: number, height: number): Promise<Buffer[]> {
  const blank = sharp({ create: { width, height, channels: 3, background: "#4080c0" } });
  const files = [
    blank.clone().jpeg({ progressive: true }),
    blank.clone().webp(),
    blank.clone().avif({ effort: 0 }),
    blank.clone().tiff({ compression: "lzw" }),
    blank.clone().gif(),
  ];
  const pictures: Buffer[] = [];
  // One after the other: each has all of its pixels in memory.
  for (const file of files) pictures.push(await file.toBuffer());
  return pictures;
}
