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
  rleArea,
  rleBoundingBox,
  rleToBitmap,
  type Sa1bAnnotation,
  type Sa1bRecord,
  sa1bAnnotation,
  sa1bImageId,
} from "../../proto/index.js";
import type { Maskwire } from "../../services/maskwire/maskwire.js";
import { Code } from "../../services/runtime/errors.js";
import { RpcClient } from "../../services/runtime/grpc/client.js";
import { imageIdOf } from "../../services/runtime/image-id.js";
import { projectRoot } from "../../services/runtime/project-root.js";
import { Child } from "../support/child.js";
import {
  checkSa1b,
  type EverythingInit,
  type EverythingLine,
  everythingEvents,
  Following,
  postEverything,
} from "../support/everything-calls.js";
import { upload } from "../support/http-calls.js";
import { clickOn, drawScene, fromRaw, jpegScene } from "../support/pictures.js";
import { metric, startMaskwire } from "../support/start-maskwire.js";

/*
 * What everything mode finds with the real model: in parts of a picture, and on the command line.
 */

const [width, height] = [640, 480];
/** The whole picture, then four parts. */
const parts = cropBoxes(width, height, 1, cropDefaults.overlapRatio);
const layered: EverythingInit = { mode: EverythingMode.EXHAUSTIVE, pointsPerSide: 4, cropNLayers: 1 };

let maskwire: Maskwire;
let imageId: string;

beforeAll(async () => {
  maskwire = await startMaskwire();
  imageId = (await upload(maskwire.url, await jpegScene(width, height, 810))).image?.imageId ?? "";
});
afterAll(() => maskwire?.stop());

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
  const encodes = () => metric(maskwire.adminUrl, 'maskwire_encodes_total{outcome="encoded"}');
  expect(await encodes()).toBe(1);
  for (let round = 0; round < 2; round++) {
    const text = await (await postEverything(maskwire.url, { imageId, ...layered })).text();
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

it("finds the disc in whichever part shows it whole", async () => {
  const rpc = new RpcClient(new URL(maskwire.url).host);
  try {
    const following = new Following();
    for await (const event of everythingEvents(rpc, { imageId, ...layered, pointsPerSide: 6 })) following.hear(event);
    const { x, y } = clickOn("disc");
    const holdsDisc = (annotation: Annotation) =>
      rleToBitmap(decodeRle(sa1bAnnotation(annotation).segmentation))[Math.floor(y) * width + Math.floor(x)] === 1;
    expect([...following.kept.values()].some(holdsDisc)).toBe(true);
  } finally {
    rpc.close();
  }
});

describe("maskwire everything", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "maskwire-everything-"));
    await writeFile(join(folder, "scene.jpg"), await jpegScene(width, height, 800));
    await writeFile(join(folder, "grey.png"), await fromRaw(drawScene(64, 48)).greyscale().png().toBuffer());
  });
  afterAll(async () => {
    if (folder) await rm(folder, { recursive: true });
  });

  const cli = (args: string[]) => {
    const entry = join(projectRoot, "dist", "services", "maskwire", "cli.js");
    const env = { PATH: process.env.PATH ?? "", MASKWIRE_URL: maskwire.url };
    return new Child(process.execPath, [entry, "everything", ...args], { env, cwd: folder }).ended;
  };

  it("prints the picture's SA-1B record and nothing else, largest mask first", async () => {
    const { code, stdout, stderr } = await cli(["scene.jpg", "--exhaustive", "--points-per-side", "4"]);
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
    const { code, stdout } = await cli(args);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^\d+ masks from 8 points in \d+\.\d s: all\.json, all\.png\n$/);
    const record = JSON.parse(await readFile(join(folder, "all.json"), "utf8")) as Sa1bRecord;
    expect(stdout.startsWith(`${record.annotations.length} masks`)).toBe(true);
    const preview = await sharp(await readFile(join(folder, "all.png"))).metadata();
    expect([preview.width, preview.height, preview.format]).toEqual([width, height, "png"]);
  });

  it("takes a grey picture", async () => {
    const args = ["grey.png", "--points-per-side", "2", "--preview", "grey-all.png"];
    expect(await cli(args)).toMatchObject({ code: 0, stderr: "" });
  });

  it.each([
    [["scene.jpg", "--points-per-side", "0"], 2, /points_per_side must lie between 1 and 128; it is 0\./],
    [["scene.jpg", "--out", "none/all.json"], 1, /there is no folder none/],
    [["none.jpg"], 1, /none\.jpg cannot be read/],
  ])("a mistake gets one sentence: %j", async (args, status, sentence) => {
    const { code, stdout, stderr } = await cli(args);
    expect([code, stdout]).toEqual([status, ""]);
    expect(stderr).toMatch(sentence);
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
  });
});
