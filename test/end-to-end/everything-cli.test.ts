import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Sa1bRecord } from "../../proto/index.js";
import type { Maskwire } from "../../services/maskwire/maskwire.js";
import { imageIdOf } from "../../services/runtime/image-id.js";
import { projectRoot } from "../../services/runtime/project-root.js";
import { Child } from "../support/child.js";
import { checkSa1b } from "../support/everything-calls.js";
import { drawScene, fromRaw, jpegScene } from "../support/pictures.js";
import { startMaskwire } from "../support/start-maskwire.js";

const [width, height] = [640, 480];

let maskwire: Maskwire;
let imageId: string;

beforeAll(async () => {
  maskwire = await startMaskwire();
  imageId = imageIdOf(await jpegScene(width, height, 800));
});
afterAll(async () => {
  await maskwire?.stop();
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
    expect(image).toEqual({ image_id: imageId, width, height, file_name: "scene.jpg" });
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
