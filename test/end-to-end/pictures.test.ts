import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { decodeRle, type MaskRuns, rleIou } from "../../proto/index.js";
import type { Maskwire } from "../../services/maskwire/maskwire.js";
import { segmentOverHttp, tryUpload, upload } from "../support/http-calls.js";
import { MaskwireProcess } from "../support/maskwire-process.js";
import { photosFolder } from "../support/photos.js";
import { clickOn, drawScene, fromRaw, oddPictures, orientedJpeg } from "../support/pictures.js";
import { metric, startMaskwire } from "../support/start-maskwire.js";

const MiB = 1024 * 1024;
const orientations = [1, 2, 3, 4, 5, 6, 7, 8];
/** What the process may hold more after another round over the same pictures: allocators keep some of what they freed. */
const growthBytes = 100 * MiB;

const odd = await oddPictures();

/** Least IoU over all pairs. */
function leastIou(masks: MaskRuns[]): number {
  return Math.min(...masks.flatMap((a, i) => masks.slice(i + 1).map((b) => rleIou(a, b))));
}

describe("pictures of every kind", () => {
  let maskwire: Maskwire;
  let url: string;

  beforeAll(async () => {
    maskwire = await startMaskwire();
    url = maskwire.url;
  });
  afterAll(() => maskwire.stop());

  async function maskAt(imageId: string, point: { x: number; y: number }): Promise<MaskRuns> {
    // The one unambiguous mask: of candidates that score alike a rounding error may pick another.
    const { masks } = await segmentOverHttp(url, { imageId, prompt: { points: [point] }, multimask: false });
    return decodeRle(masks[0]?.rle ?? { size: [], counts: "" });
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

  it("shows the eight EXIF orientations upright: one size, one mask for one click", async () => {
    const upright = drawScene(480, 320, 3);
    const masks: MaskRuns[] = [];
    for (const orientation of orientations) {
      const { image } = await upload(url, await orientedJpeg(upright, orientation));
      expect([image?.width, image?.height], `orientation ${orientation}`).toEqual([480, 320]);
      masks.push(await maskAt(image?.imageId ?? "", clickOn("plate", 480, 320)));
    }
    const least = leastIou(masks);
    process.stdout.write(`eight orientations: least IoU ${least.toFixed(4)}\n`);
    expect(least).toBeGreaterThanOrEqual(0.98);
  });

  it("one file in three formats without loss gives one mask", async () => {
    const scene = drawScene(300, 200, 4);
    const files = [
      fromRaw(scene).png().toBuffer(),
      fromRaw(scene).tiff({ compression: "lzw" }).toBuffer(),
      fromRaw(scene).webp({ lossless: true }).toBuffer(),
    ];
    const masks: MaskRuns[] = [];
    for (const file of files) {
      const { image } = await upload(url, await file);
      masks.push(await maskAt(image?.imageId ?? "", clickOn("disc", 300, 200)));
    }
    expect(leastIou(masks)).toBe(1);
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
      const masks: MaskRuns[] = [];
      for (const orientation of orientations) {
        const { image } = await upload(url, await readFile(join(awkward, `Landscape_${orientation}.jpg`)));
        expect([image?.width, image?.height]).toEqual([600, 450]);
        masks.push(await maskAt(image?.imageId ?? "", { x: 300, y: 100 }));
      }
      const least = leastIou(masks);
      process.stdout.write(`eight orientations of a photograph: least IoU ${least.toFixed(4)}\n`);
      // Eight JPEGs that were compressed one by one: not the same pixels.
      expect(least).toBeGreaterThanOrEqual(0.95);
    });
  }
});

interface Awkward {
  file: string;
  expected: "decodes" | "must be rejected cleanly";
}

it("memory comes back: a second round over every odd picture adds little", async () => {
  // Stores too small for anything: every round decodes and encodes again.
  await using child = await MaskwireProcess.start({
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
  for (let round = 0; round < 2; round++) {
    for (const bytes of files) await tryUpload(child.url, bytes);
    resident.push(await metric(child.adminUrl, "maskwire_resident_memory_bytes"));
  }
  const [first = 0, last = 0] = resident;
  process.stdout.write(`resident after each round: ${resident.map((b) => `${Math.round(b / MiB)} MiB`).join(", ")}\n`);
  expect(last - first).toBeLessThan(growthBytes);
}, 300_000);
