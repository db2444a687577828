import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { decodeHalf } from "../../proto/half-float.js";
import { decodeRle, type MaskRuns, rleIou } from "../../proto/index.js";
import type { Maskwire } from "../../services/maskwire/maskwire.js";
import { decodeEmbeddingRecord } from "../../services/stores/embedding-record.js";
import { segmentOverHttp, tryUpload, upload } from "../support/http-calls.js";
import { MaskwireProcess } from "../support/maskwire-process.js";
import { photosFolder } from "../support/photos.js";
import { clickOn, drawScene, fromRaw, oddPictures, oriented, orientedJpeg } from "../support/pictures.js";
import { metric, startMaskwire } from "../support/start-maskwire.js";
import { tinyModelEnv } from "../support/tiny-model.js";

const MiB = 1024 * 1024;
const orientations = [1, 2, 3, 4, 5, 6, 7, 8];
/** What the process may hold more after another round over the same pictures, in one of a few rounds: a leak takes as much in each. */
const growthBytes = 50 * MiB;
/** Of a second or two where nothing else runs: it has been seen to come back only after thirty of them. */
const mostRounds = 40;

/** Mean difference of brightness, in the model's units: of pictures that lie the same way, and no others. */
const sameApart = 0.05;

const odd = await oddPictures();

/** Least IoU over all pairs. */
function leastIou(masks: MaskRuns[]): number {
  return Math.min(...masks.flatMap((a, i) => masks.slice(i + 1).map((b) => rleIou(a, b))));
}

function meanDifference(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, at) => sum + Math.abs(value - (b[at] as number)), 0) / a.length;
}

describe("pictures of every kind", () => {
  let maskwire: Maskwire;
  let url: string;

  beforeAll(async () => {
    maskwire = await startMaskwire(tinyModelEnv());
    url = maskwire.url;
  });
  afterAll(() => maskwire.stop());

  async function maskAt(imageId: string, point: { x: number; y: number }): Promise<MaskRuns> {
    // The one unambiguous mask: of candidates that score alike a rounding error may pick another.
    const { masks } = await segmentOverHttp(url, { imageId, prompt: { points: [point] }, multimask: false });
    return decodeRle(masks[0]?.rle ?? { size: [], counts: "" });
  }

  /** What the model was given: the first channel [64, 64] of the tiny model's embedding is the brightness, cell by cell. */
  async function brightnessOf(imageId: string): Promise<Float32Array> {
    const reply = await fetch(`${url}/v1/images/${imageId}/embedding`);
    const { tensors } = decodeEmbeddingRecord(new Uint8Array(await reply.arrayBuffer()));
    return decodeHalf((tensors[0] as Uint16Array).subarray(0, 64 * 64));
  }

  /** Uploads pictures that all show the same, and clicks each. @returns how far they are apart. */
  async function compare(files: Iterable<Promise<Buffer>>, size: [number, number], point: { x: number; y: number }) {
    const masks: MaskRuns[] = [];
    const apart: number[] = [];
    let first: Float32Array | undefined;
    for (const file of files) {
      const { image } = await upload(url, await file);
      expect([image?.width, image?.height]).toEqual(size);
      masks.push(await maskAt(image?.imageId ?? "", point));
      const brightness = await brightnessOf(image?.imageId ?? "");
      first ??= brightness;
      apart.push(meanDifference(brightness, first));
    }
    return { iou: leastIou(masks), apart: Math.max(...apart) };
  }

  it.each(odd.filter(({ status }) => status === 200))("takes: $name", async ({ bytes, width = 0, height = 0 }) => {
    const { image } = await upload(url, bytes);
    expect([image?.width, image?.height]).toEqual([width, height]);
    const mask = await maskAt(image?.imageId ?? "", { x: width / 3, y: height / 3 });
    expect([mask.width, mask.height]).toEqual([width, height]);
  });

  it.each(odd.filter(({ status }) => status !== 200))("refuses with $status: $name", async ({ bytes, status }) => {
    const refused = await tryUpload(url, bytes);
    expect(refused.status).toBe(status);
    expect(refused.error?.message).toMatch(/^[A-Z].*\.$/);
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
  });

  it("shows the eight EXIF orientations upright: one size, the same for the model, one mask for one click", async () => {
    const upright = drawScene(480, 320, 3);
    const [size, plate] = [[480, 320] as [number, number], clickOn("plate", 480, 320)];
    const files = orientations.map((orientation) => orientedJpeg(upright, orientation));
    const { iou, apart } = await compare(files, size, plate);
    process.stdout.write(`eight orientations: least IoU ${iou.toFixed(4)}, ${apart.toFixed(4)} apart\n`);
    expect(iou).toBeGreaterThanOrEqual(0.98);
    expect(apart).toBeLessThan(sameApart);
    // Upside down, and with no note that says so.
    const wrong = oriented(upright, 3).withMetadata({ orientation: 1 }).jpeg().toBuffer();
    expect((await compare([files[0] as Promise<Buffer>, wrong], size, plate)).apart).toBeGreaterThan(5 * sameApart);
  });

  it("one file in three formats without loss gives one mask", async () => {
    const scene = drawScene(300, 200, 4);
    const files = [
      fromRaw(scene).png().toBuffer(),
      fromRaw(scene).tiff({ compression: "lzw" }).toBuffer(),
      fromRaw(scene).webp({ lossless: true }).toBuffer(),
    ];
    expect(await compare(files, [300, 200], clickOn("disc", 300, 200))).toEqual({ iou: 1, apart: 0 });
  });

  if (photosFolder) {
    const awkward = join(photosFolder, "awkward");

    it("every awkward file ends as the folder's manifest says", async () => {
      const manifest = JSON.parse(await readFile(join(awkward, "manifest.json"), "utf8")) as Awkward[];
      for (const { file, expected } of manifest) {
        const { status, error } = await tryUpload(url, await readFile(join(awkward, file)));
        if (expected === "decodes") expect(status, file).toBe(200);
        else {
          expect([413, 415, 422], `${file}: ${status}`).toContain(status);
          expect(error?.message, file).toMatch(/^[A-Z].*\.$/);
        }
      }
      expect((await fetch(`${url}/readyz`)).status).toBe(200);
    });

    it("the eight orientations of a photograph give one size and one mask", async () => {
      const files = orientations.map((orientation) => readFile(join(awkward, `Landscape_${orientation}.jpg`)));
      const { iou, apart } = await compare(files, [600, 450], { x: 300, y: 100 });
      process.stdout.write(`the same of a photograph: least IoU ${iou.toFixed(4)}, ${apart.toFixed(4)} apart\n`);
      // Eight JPEGs that were compressed one by one: not the same pixels.
      expect(iou).toBeGreaterThanOrEqual(0.95);
      expect(apart).toBeLessThan(sameApart);
    });
  }
});

interface Awkward {
  file: string;
  expected: "decodes" | "must be rejected cleanly";
}

it("memory comes back: sooner or later a round over the same odd pictures adds little", async () => {
  // Stores too small for anything: every round decodes and encodes again.
  await using child = await MaskwireProcess.start({
    ...tinyModelEnv(),
    MASKWIRE_CACHE_BYTES: String(MiB),
    MASKWIRE_IMAGE_STORE_BYTES: String(MiB),
    MASKWIRE_DECODER_CACHE_BYTES: String(MiB),
  });
  const files = odd.map(({ bytes }) => bytes);
  if (photosFolder) {
    const folder = join(photosFolder, "awkward");
    const manifest = JSON.parse(await readFile(join(folder, "manifest.json"), "utf8")) as Awkward[];
    for (const { file } of manifest) files.push(await readFile(join(folder, file)));
  }
  const resident: number[] = [];
  let leastGrowth = Number.POSITIVE_INFINITY;
  while (leastGrowth >= growthBytes && resident.length < mostRounds) {
    for (const bytes of files) await tryUpload(child.url, bytes);
    const bytes = await metric(child.adminUrl, "maskwire_resident_memory_bytes");
    // A heap grows into its work in the first rounds, and allocators keep some of what they freed.
    leastGrowth = Math.min(leastGrowth, bytes - (resident.at(-1) ?? Number.NEGATIVE_INFINITY));
    resident.push(bytes);
  }
  process.stdout.write(`resident after each round: ${resident.map((b) => `${Math.round(b / MiB)} MiB`).join(", ")}\n`);
  expect(leastGrowth).toBeLessThan(growthBytes);
}, 600_000);
