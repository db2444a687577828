import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type Annotation,
  cropBoxes,
  cropDefaults,
  decodeRle,
  EverythingMode,
  type Rle,
  rleArea,
  rleBoundingBox,
  rleToBitmap,
  type Sa1bAnnotation,
  type Sa1bRecord,
  sa1bAnnotation,
  sa1bImageId,
} from "../../proto/index.js";
import { Code } from "../../services/runtime/errors.js";
import { RpcClient } from "../../services/runtime/grpc/client.js";
import { imageIdOf } from "../../services/runtime/image-id.js";
import { commandLine } from "../support/command-line.js";
import {
  checkSa1b,
  type EverythingInit,
  type EverythingLine,
  everythingEvents,
  Following,
  postEverything,
} from "../support/everything-calls.js";
import { upload } from "../support/http-calls.js";
import { clickOn, drawScene, fromRaw, jpegScene, orientedJpeg } from "../support/pictures.js";
import { metric, startMaskwire } from "../support/start-maskwire.js";
import { tinyModelEnv } from "../support/tiny-model.js";
import { realMaskwire } from "./real-maskwire.js";

/*
 * What is found with the real model: by everything mode in parts of a picture, and by the command line.
 */

const [width, height] = [640, 480];
/** The whole picture, then four parts. */
const parts = cropBoxes(width, height, 1, cropDefaults.overlapRatio);
const layered: EverythingInit = { mode: EverythingMode.EXHAUSTIVE, pointsPerSide: 4, cropNLayers: 1 };

/** What the command prints as JSON. */
interface JsonResult {
  image: object;
  masks: { rle: Rle; bbox: { width: number; height: number }; area: number; predictedIou: number }[];
  timings: Record<string, number>;
}

let maskwire: Awaited<ReturnType<typeof realMaskwire>>;
let imageId: string;

beforeAll(async () => {
  maskwire = await realMaskwire();
  imageId = (await upload(maskwire.url, await jpegScene(width, height, 810))).image?.imageId ?? "";
});

function check({ segmentation, bbox, area, point_coords, crop_box }: Sa1bAnnotation): void {
  expect(segmentation.size).toEqual([height, width]);
  const mask = decodeRle(segmentation);
  const box = rleBoundingBox(mask);
  expect([area, bbox]).toEqual([rleArea(mask), [box.x, box.y, box.width - 1, box.height - 1]]);
  const part = parts.find((one) => [one.x, one.y, one.width, one.height].join() === crop_box.join());
  expect(part).toBeDefined();
  const { x: left = 0, y: top = 0, width: w = 0, height: h = 0 } = part ?? {};
  // A mask found in a part lies in it, and so does the point that found it.
  expect(box.x >= left && box.y >= top && box.x + box.width <= left + w && box.y + box.height <= top + h).toBe(true);
  const [[x, y] = [-1, -1]] = point_coords;
  expect(x > left && x < left + w && y > top && y < top + h).toBe(true);
}

it("E6 has the parts encoded first, once, and answers with masks of the whole picture", async () => {
  // However the model thinks of its masks.
  const all: EverythingInit = { ...layered, predIouThresh: 0, stabilityScoreThresh: 0 };
  await using tiny = await startMaskwire(tinyModelEnv());
  const { image } = await upload(tiny.url, await jpegScene(width, height, 810));
  const encodes = () => metric(tiny.adminUrl, 'maskwire_encodes_total{outcome="encoded"}');
  expect(await encodes()).toBe(1);
  for (let round = 0; round < 2; round++) {
    const text = await (await postEverything(tiny.url, { imageId: image?.imageId ?? "", ...all })).text();
    const lines = text
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as EverythingLine);
    const kept = new Map<number, Sa1bAnnotation>();
    for (const { annotation, retracted } of lines) {
      if (annotation) kept.set(annotation.id, annotation);
      if (retracted !== undefined) expect(kept.delete(retracted)).toBe(true);
    }
    expect(lines.at(-1)).toMatchObject({ done: { points: 16 * parts.length, masks: kept.size } });
    for (const annotation of kept.values()) check(annotation);
    const fromParts = [...kept.values()].filter(({ crop_box }) => crop_box.join() !== [0, 0, width, height].join());
    expect(fromParts.length).toBeGreaterThan(0);
    // The second time they are cached.
    expect(await encodes()).toBe(parts.length);
  }
});

it("names the part whose embedding is missing to a caller that has not had it made", async () => {
  const other = await upload(maskwire.url, await jpegScene(width, height, 811));
  const rpc = new RpcClient(new URL(maskwire.url).host);
  try {
    const following = new Following();
    const ask = async () => {
      const request = { imageId: other.image?.imageId ?? "", ...layered };
      for await (const event of everythingEvents(rpc, request)) following.hear(event);
    };
    await expect(ask()).rejects.toMatchObject({ code: Code.NOT_FOUND, message: expect.stringContaining("part") });
    expect(following.progress).toEqual([]);
  } finally {
    rpc.close();
  }
});

describe("the scene's disc", () => {
  async function follow(request: EverythingInit): Promise<Following> {
    const rpc = new RpcClient(new URL(maskwire.url).host);
    try {
      const following = new Following();
      for await (const event of everythingEvents(rpc, { imageId, pointsPerSide: 6, ...request })) following.hear(event);
      return following;
    } finally {
      rpc.close();
    }
  }

  /** IoU of a mask and the disc. */
  function discIou(annotation: Annotation): number {
    const bitmap = rleToBitmap(decodeRle(annotation.mask?.rle ?? { size: [], counts: "" }));
    const { x, y } = clickOn("disc");
    let [both, either] = [0, 0];
    for (const [at, inside] of bitmap.entries()) {
      const isDisc = Math.hypot((at % width) - x, Math.floor(at / width) - y) < 0.22 * height;
      if (inside && isDisc) both++;
      if (inside || isDisc) either++;
    }
    return both / either;
  }
  const best = ({ kept }: Following) => Math.max(...[...kept.values()].map(discIou));

  it("is among what exhaustive mode finds, which asks every point", async () => {
    const found = await follow({ mode: EverythingMode.EXHAUSTIVE });
    expect(found.done?.points).toBe(36);
    for (const annotation of found.kept.values()) checkSa1b(sa1bAnnotation(annotation), width, height);
    expect(best(found)).toBeGreaterThan(0.9);
  });

  it("is among what adaptive mode finds, the default, which asks fewer than half of the points", async () => {
    const found = await follow({});
    // 15 of 32 points, of 36 here.
    expect(found.done?.points).toBe(17);
    expect(best(found)).toBeGreaterThan(0.9);
  });

  it("is found in whichever part shows it whole", async () => {
    // Has the parts encoded.
    await (await postEverything(maskwire.url, { imageId, ...layered, pointsPerSide: 1 })).text();
    const { kept } = await follow({ ...layered, pointsPerSide: 6 });
    const { x, y } = clickOn("disc");
    const holdsDisc = (annotation: Annotation) =>
      rleToBitmap(decodeRle(sa1bAnnotation(annotation).segmentation))[Math.floor(y) * width + Math.floor(x)] === 1;
    expect([...kept.values()].some(holdsDisc)).toBe(true);
  });
});

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "maskwire-found-"));
  await writeFile(join(folder, "scene.jpg"), await jpegScene(width, height, 800));
  await writeFile(join(folder, "grey.png"), await fromRaw(drawScene(64, 48)).greyscale().png().toBuffer());
});
afterAll(async () => {
  if (folder) await rm(folder, { recursive: true });
});

const cli = (command: "segment" | "everything", args: string[]) =>
  commandLine([command, ...args], { cwd: folder, env: { MASKWIRE_URL: maskwire.url } });

describe("maskwire everything", () => {
  it("prints the picture's SA-1B record and nothing else, largest mask first", async () => {
    const { code, stdout, stderr } = await cli("everything", ["scene.jpg", "--exhaustive", "--points-per-side", "4"]);
    expect([code, stderr]).toEqual([0, ""]);
    const { image, annotations } = JSON.parse(stdout) as Sa1bRecord;
    expect(image).toEqual({
      image_id: sa1bImageId(imageIdOf(await jpegScene(width, height, 800))),
      width,
      height,
      file_name: "scene.jpg",
    });
    expect(annotations.length).toBeGreaterThan(2);
    for (const annotation of annotations) checkSa1b(annotation, width, height);
    const areas = annotations.map(({ area }) => area);
    expect(areas).toEqual(areas.toSorted((a, b) => b - a));
  });

  it("writes the record and a preview of the photo's size, and says so in one line", async () => {
    const args = ["scene.jpg", "--points-per-side", "4", "--out", "all.json", "--preview", "all.png"];
    const { code, stdout } = await cli("everything", args);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^\d+ masks from 8 points in \d+\.\d s: all\.json, all\.png\n$/);
    const record = JSON.parse(await readFile(join(folder, "all.json"), "utf8")) as Sa1bRecord;
    expect(stdout.startsWith(`${record.annotations.length} masks`)).toBe(true);
    const preview = await sharp(await readFile(join(folder, "all.png"))).metadata();
    expect([preview.width, preview.height, preview.format]).toEqual([width, height, "png"]);
  });

  it("takes a grey picture", async () => {
    const args = ["grey.png", "--points-per-side", "2", "--preview", "grey-all.png"];
    expect(await cli("everything", args)).toMatchObject({ code: 0, stderr: "" });
  });

  it.each([
    [["scene.jpg", "--points-per-side", "0"], 2, /points_per_side must lie between 1 and 128; it is 0\./],
    [["scene.jpg", "--out", "none/all.json"], 1, /there is no folder none/],
    [["none.jpg"], 1, /none\.jpg cannot be read/],
  ])("a mistake gets one sentence: %j", async (args, status, sentence) => {
    const { code, stdout, stderr } = await cli("everything", args);
    expect([code, stdout]).toEqual([status, ""]);
    expect(stderr).toMatch(sentence);
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
  });
});

describe("maskwire segment", () => {
  const disc = `${clickOn("disc").x},${clickOn("disc").y}`;
  /** Of the disc that `drawScene` draws: its radius is 0.22 of the shorter side. */
  const discArea = Math.PI * (0.22 * height) ** 2;
  const openOutput = async (name: string) => sharp(await readFile(join(folder, name)));

  it("prints one JSON object and nothing else", async () => {
    const { code, stdout, stderr } = await cli("segment", ["scene.jpg", "--point", disc, "--json"]);
    expect(stderr).toBe("");
    expect(code).toBe(0);
    const { image, masks, timings } = JSON.parse(stdout) as JsonResult;
    expect(image).toEqual({
      imageId: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
      width,
      height,
      reading: { orientation: 1, page: 1, pages: 1 },
    });
    expect(masks).toHaveLength(1);
    const [mask] = masks as [JsonResult["masks"][number]];
    expect(rleArea(decodeRle(mask.rle))).toBe(mask.area);
    expect(mask.area / discArea).toBeGreaterThan(0.85);
    expect(mask.area / discArea).toBeLessThan(1.15);
    expect(mask.predictedIou).toBeGreaterThan(0.7);
    expect(timings.decodeMs).toBeGreaterThan(0);
  });

  it("writes the mask and the cutout", async () => {
    const args = ["scene.jpg", "--point", disc, "--negative", "5,5", "--box", "90,60,300,280"];
    const { code, stdout } = await cli("segment", [...args, "--out", "mask.png", "--cutout", "cut.png", "--json"]);
    expect(code).toBe(0);
    const { masks } = JSON.parse(stdout) as JsonResult;
    const [{ bbox, area }] = masks as [JsonResult["masks"][number]];
    const mask = await (await openOutput("mask.png")).toColourspace("b-w").raw().toBuffer({ resolveWithObject: true });
    expect(mask.info).toMatchObject({ width, height, channels: 1 });
    expect(mask.data.reduce((sum, value) => sum + (value === 255 ? 1 : 0), 0)).toBe(area);
    const cut = await (await openOutput("cut.png")).raw().toBuffer({ resolveWithObject: true });
    expect(cut.info).toMatchObject({ width: bbox.width, height: bbox.height, channels: 4 });
    expect(cut.data.filter((value, index) => index % 4 === 3 && value === 255)).toHaveLength(area);
    // The disc is red.
    const middle = 4 * (Math.floor(bbox.height / 2) * bbox.width + Math.floor(bbox.width / 2));
    expect(cut.data[middle]).toBeGreaterThan(120);
    expect(cut.data[middle + 1]).toBeLessThan(90);
  });

  it("cuts out of the upright picture", async () => {
    await writeFile(join(folder, "turned.jpg"), await orientedJpeg(drawScene(width, height, 3), 6));
    const { code, stdout } = await cli("segment", ["turned.jpg", "--point", disc, "--cutout", "turned.png", "--json"]);
    expect(code).toBe(0);
    const { image, masks } = JSON.parse(stdout) as JsonResult;
    expect(image).toMatchObject({ width, height });
    const { data, info } = await (await openOutput("turned.png")).raw().toBuffer({ resolveWithObject: true });
    expect(info.width).toBe(masks[0]?.bbox.width);
    const middle = 4 * (Math.floor(info.height / 2) * info.width + Math.floor(info.width / 2));
    expect(data[middle]).toBeGreaterThan(120);
    expect(data[middle + 1]).toBeLessThan(90);
  });
});
