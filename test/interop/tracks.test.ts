import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { create } from "@bufbuild/protobuf";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bitmapToRle, encodeRle, FrameMasksSchema, rleArea, rleBoundingBox } from "../../proto/index.js";
import { plyOf } from "../../services/maskwire/command/lift/write-ply.js";
import type { FrameFile } from "../../services/maskwire/command/track/input/frame-list.js";
import type { Layout } from "../../services/maskwire/command/track/outputs/layout-names.js";
import { openOutput, writeMasks } from "../../services/maskwire/command/track/outputs/write-masks.js";
import { projectRoot } from "../../services/runtime/project-root.js";
import { findNumpyPython, findProgram } from "../support/programs.js";

const python = findNumpyPython();
const ffmpeg = findProgram("ffmpeg");
const run = promisify(execFile);

/** Odd sides: a video of them gets a border. */
const size = { width: 61, height: 37 };
const bitmapOf = (isIn: (x: number, y: number) => boolean) =>
  Uint8Array.from({ length: size.width * size.height }, (_, at) =>
    isIn(at % size.width, Math.floor(at / size.width)) ? 1 : 0,
  );
const ring = (x: number, y: number, toX: number) => {
  const far = Math.hypot(x - toX, y - 18);
  return far < 12 && far > 4;
};

/** By frame and object's number: a ring that moves, one that is gone in the second frame, and nothing at all in the last. */
const shown: Record<number, Uint8Array>[] = [
  { 1: bitmapOf((x, y) => ring(x, y, 15)), 3: bitmapOf((x) => x > 50) },
  { 1: bitmapOf((x, y) => ring(x, y, 18)) },
  { 1: bitmapOf((x, y) => ring(x, y, 21)), 3: bitmapOf((x, y) => x > 48 && y > 5) },
  {},
];
const masks = shown.map((objects) =>
  create(FrameMasksSchema, {
    objects: Object.entries(objects).map(([object, bitmap]) => {
      const runs = bitmapToRle(bitmap, size.width, size.height);
      const mask = { rle: encodeRle(runs), area: rleArea(runs), bbox: rleBoundingBox(runs) };
      return { object: Number(object), mask, agreement: 1 };
    }),
  }),
);
const digest = (bitmap: Uint8Array) => createHash("sha256").update(bitmap).digest("hex");
const expected = shown
  .flatMap((objects, frame) =>
    Object.entries(objects).map(([object, bitmap]) => ({
      picture: frame,
      label: Number(object),
      pixels: digest(bitmap),
    })),
  )
  .sort((a, b) => a.picture - b.picture || a.label - b.label);

let folder: string;
let files: FrameFile[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "maskwire-tracks-"));
  await mkdir(join(folder, "frames"));
  files = await Promise.all(
    shown.map(async (_, frame) => {
      const name = `${frame}.png`;
      const data = Uint8Array.from({ length: 3 * size.width * size.height }, (_, at) => (at * 7 + 31 * frame) % 251);
      const file = await sharp(data, { raw: { ...size, channels: 3 } })
        .png()
        .toBuffer();
      await writeFile(join(folder, "frames", name), file);
      return { name, timeMs: 40 * frame, read: async () => file };
    }),
  );
});
afterAll(() => rm(folder, { recursive: true }));

async function written(layout: Layout, end = ""): Promise<string> {
  const out = join(folder, `${layout}${end}`);
  await writeMasks({ files, masks, size }, await openOutput(out, layout, [1, 3]));
  return out;
}

async function readBack(layout: string, path: string): Promise<unknown[]> {
  const reader = join(projectRoot, "test", "interop", "read_tracks.py");
  const { stdout } = await run(python as string, [reader, layout, path, join(folder, "frames")], {
    env: { ...process.env, PYTHONDONTWRITEBYTECODE: "1" },
  });
  return stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as unknown);
}

describe.skipIf(!python)("a reader that knows none of our code", () => {
  it.each<[Layout, string]>([
    ["davis", ""],
    ["mots", ""],
    ["youtube-vis", ".json"],
    ["coco", ".json"],
  ])("finds each object of each frame in %s", async (layout, end) => {
    const said = (await readBack(layout, await written(layout, end))) as typeof expected;
    const found = said.map(({ picture, label, pixels }) => ({ picture, label, pixels }));
    expect(found.sort((a, b) => a.picture - b.picture || a.label - b.label)).toEqual(expected);
  });

  it("finds in rgba what was in the masks, and nothing else", async () => {
    // The frame without an object is all transparent: the reader says so by failing, hence not this one.
    const [first, second, third] = files;
    const out = join(folder, "rgba");
    await writeMasks(
      { files: [first!, second!, third!], masks: masks.slice(0, 3), size },
      await openOutput(out, "rgba", [1]),
    );
    const all = shown.slice(0, 3).map((objects) => {
      const bitmaps = Object.values(objects);
      return digest(bitmapOf((x, y) => bitmaps.some((one) => one[y * size.width + x] === 1)));
    });
    expect(await readBack("rgba", out)).toMatchObject(all.map((pixels, picture) => ({ picture, label: 0, pixels })));
  });

  it("finds points and their objects in a PLY", async () => {
    const model = { places: Float64Array.of(1, 2, 3, -4.5, 0.25, 6), colours: Uint8Array.of(1, 2, 3, 255, 0, 128) };
    const path = join(folder, "points.ply");
    await writeFile(path, plyOf(model, Uint16Array.of(0, 300)));
    expect(await readBack("ply", path)).toEqual([
      [1, 2, 3, 1, 2, 3, 0],
      [-4.5, 0.25, 6, 255, 0, 128, 300],
    ]);
  });
});

describe("an overlay", () => {
  it.skipIf(!ffmpeg)(
    "is a video of every frame, with the objects in their colours, and leaves nothing beside it",
    async () => {
      await mkdir(join(folder, "video"));
      const out = join(folder, "video", "a.mp4");
      await writeMasks({ files, masks, size }, await openOutput(out, "overlay", [1, 3]));
      expect(await readdir(join(folder, "video"))).toEqual(["a.mp4"]);
      const args = ["-v", "error", "-i", out, "-f", "rawvideo", "-pix_fmt", "rgb24", "pipe:1"];
      const { stdout } = await run(ffmpeg as string, args, { encoding: "buffer" });
      const [width, height] = [size.width + 1, size.height + 1];
      expect(stdout.length).toBe(files.length * 3 * width * height);
      // The third object's colour is green and red of the same strength; of the last frame nothing is painted.
      const blueOf = (frame: number, x: number, y: number) => stdout[3 * ((frame * height + y) * width + x) + 2]!;
      const mean = (frame: number) => {
        const all = Array.from({ length: 200 }, (_, at) => blueOf(frame, 53 + (at % 7), 6 + Math.floor(at / 7)));
        return all.reduce((sum, one) => sum + one, 0) / all.length;
      };
      expect(mean(0)).toBeLessThan(0.75 * mean(3));
      expect(mean(2)).toBeLessThan(0.75 * mean(1));
    },
  );

  it("says what is wrong before anything is followed", async () => {
    await expect(openOutput("masks", "overlay", [1])).rejects.toThrow(
      /--out masks is no video's name; it ends with .mp4/,
    );
    await expect(openOutput("masks", "mots", [1000])).rejects.toThrow(/--layout mots numbers objects from 1 to 999/);
    const { PATH, MASKWIRE_FFMPEG } = process.env;
    process.env.PATH = "";
    process.env.MASKWIRE_FFMPEG = "";
    try {
      await expect(openOutput("a.mp4", "overlay", [1])).rejects.toThrow(
        /An overlay is a video, which ffmpeg writes, .*--layout rgba/s,
      );
    } finally {
      process.env.PATH = PATH;
      if (MASKWIRE_FFMPEG === undefined) delete process.env.MASKWIRE_FFMPEG;
      else process.env.MASKWIRE_FFMPEG = MASKWIRE_FFMPEG;
    }
  });
});
