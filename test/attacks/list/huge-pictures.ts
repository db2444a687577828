import sharp from "sharp";
import { checkHttpAnswer } from "../answers.js";
import type { Attack } from "../attack.js";
import { inParallel } from "../tally.js";
import { interlacedPng } from "../wire/interlaced-png.js";
import { randomBytes } from "../wire/mutate-bytes.js";
import { exchange, post, tellHttp } from "../wire/raw-http.js";

/** They are opened one after the other, and the last may wait for long: it is told so every 5 s (H2). */
const pauseMs = 10_000;

/** Small files that say they are pictures as large as are taken: what opens them needs all of their pixels at once. */
export const hugePictures: Attack = {
  name: "huge-pictures",
  title: "files of a few hundred kilobytes that are pictures of 100 million pixels, interlaced and of 16 bits",
  setting: "roles",
  unit: "uploads",
  count: 24,
  short: 6,
  async run({ gateway, from }, random, tally) {
    const isShort = tally.left <= 10;
    // One of 16 bits that uses few of them is decoded three times, for eight seconds at its largest.
    const deepSide = isShort ? 3500 : 7000;
    const pictures = [interlacedPng(10_000, 10_000, 8), interlacedPng(deepSide, deepSide, 16)];
    // Some seconds each to make.
    if (!isShort) pictures.push(...(await blankPictures(9990, 9990)));
    let turn = 0;
    tally.begin();
    await inParallel(4, tally, async () => {
      const picture = pictures[turn++ % pictures.length] as Buffer;
      tally.try();
      // Whole, and new each time.
      const own = Buffer.concat([picture, randomBytes(random, 8)]);
      const upload = post("/v1/images", own, { accept: "application/x-ndjson" });
      const answer = await exchange(gateway, from, upload, { lingerMs: tally.patienceMs(60_000), pauseMs });
      if (answer.statuses.length === 0 && !answer.isClosed)
        tally.note("an upload was told nothing of its place in line");
      tellHttp(answer, tally);
      const [refusal] = /^\{"error":.*\}$/m.exec(answer.text) ?? [];
      if (refusal !== undefined) tally.note(checkHttpAnswer(413, refusal));
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
