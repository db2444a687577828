import { setTimeout as sleep } from "node:timers/promises";
import { crc32 } from "node:zlib";
import sharp from "sharp";
import { expect, it, vi } from "vitest";
import { segmentOverHttp, tryUpload, upload } from "../support/http-calls.js";
import { clickOn, jpegScene } from "../support/pictures.js";
import { metric, startMaskwire } from "../support/start-maskwire.js";
import { tinyModelEnv } from "../support/tiny-model.js";

const MiB = 1024 * 1024;
const plain = (width: number, height: number) => sharp({ create: { width, height, channels: 3, background: "#357" } });

/** The header of a small AVIF that says 10,000 x 10,000. */
async function vastAvif(): Promise<Buffer> {
  const file = await plain(64, 64).avif({ effort: 0 }).toBuffer();
  const at = file.indexOf("ispe") + 8;
  file.writeUInt32BE(10_000, at);
  file.writeUInt32BE(10_000, at + 4);
  return file;
}

/** A PNG whose header promises more rows than its data holds. */
async function promisedPng(width: number, height: number): Promise<Buffer> {
  const file = await plain(64, 64).png({ progressive: true }).toBuffer();
  file.writeUInt32BE(width, 16);
  file.writeUInt32BE(height, 20);
  file.writeUInt32BE(crc32(file.subarray(12, 29)), 29);
  return file;
}

const deepInterlaced = () =>
  plain(6000, 6000).toColourspace("rgb16").png({ progressive: true, compressionLevel: 1 }).toBuffer();

const hostile: Record<string, () => Promise<Buffer>> = {
  "an AVIF of 100 megapixels": vastAvif,
  "an interlaced PNG with 16 bits a channel": deepInterlaced,
  "an interlaced PNG of 100 megapixels, most of them missing": () => promisedPng(10_000, 10_000),
  "a WebP as large as is taken": () => plain(9000, 9000).webp({ lossless: true, effort: 0 }).toBuffer(),
  "a progressive JPEG with colours at full resolution": () =>
    plain(8000, 8000).jpeg({ progressive: true, chromaSubsampling: "4:4:4" }).toBuffer(),
};

it("H21: hostile pictures are refused with a sentence, take no memory that stays, and others are served beside them", async () => {
  await using maskwire = await startMaskwire({ ...tinyModelEnv(), MASKWIRE_PICTURE_BYTES: String(256 * MiB) });
  const { url, adminUrl } = maskwire;
  const memory = () => metric(adminUrl, "maskwire_picture_process_memory_bytes");
  const idle = await memory();
  let isOver = false;
  const good = (async () => {
    for (let seed = 0; !isOver || seed === 0; seed++) {
      const { image } = await upload(url, await jpegScene(640, 480, 900 + seed));
      const found = await segmentOverHttp(url, {
        imageId: image?.imageId ?? "",
        prompt: { points: [clickOn("disc")] },
      });
      expect(found.masks.length).toBeGreaterThan(0);
      await sleep(100);
    }
  })();
  for (const [name, make] of Object.entries(hostile)) {
    const { status, error } = await tryUpload(url, await make());
    expect([name, status]).toEqual([name, expect.toSatisfy((code: number) => [400, 413].includes(code))]);
    expect(error, name).toMatchObject({
      reason: expect.stringMatching(/^(IMAGE_TOO_LARGE|DAMAGED_IMAGE)$/),
      message: expect.stringMatching(/^[A-Z].*\.$/),
    });
  }
  isOver = true;
  await good;
  for (const reason of ["time", "memory", "crash"]) {
    expect(await metric(adminUrl, `maskwire_picture_losses_total{reason="${reason}"}`), reason).toBe(0);
  }
  await vi.waitFor(async () => expect(await memory()).toBeLessThan(idle + 160 * MiB), { timeout: 20_000 });
});

it("H21: a picture that is being decoded when the process stops is finished", async () => {
  const maskwire = await startMaskwire({ ...tinyModelEnv(), MASKWIRE_STOP_MS: "60000" });
  const file = await plain(6000, 6000).png({ progressive: true, compressionLevel: 1 }).toBuffer();
  const answer = upload(maskwire.url, file);
  const used = () => metric(maskwire.adminUrl, 'maskwire_budget_bytes{budget="pictures"}');
  await vi.waitFor(async () => expect(await used()).toBeGreaterThan(0), { timeout: 30_000, interval: 5 });
  await maskwire.stop();
  expect((await answer).image).toMatchObject({ width: 6000, height: 6000 });
});
