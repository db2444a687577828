import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { readModel } from "./read-model.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "maskwire-model-"));
});
afterEach(() => rm(folder, { recursive: true }));

async function write(files: Record<string, string>, place = ""): Promise<void> {
  await mkdir(join(folder, place), { recursive: true });
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, place, name), text);
}
const cameras = "# cameras\n1 PINHOLE 20 10 10 10 10 5\n";
const images = "3 1 0 0 0 0 0 0 1 a.jpg\n\n";
const points = "5 1 2 3 10 20 30 0.5 3 0\r\n";

it("finds a text model where it usually lies", async () => {
  await write({ "cameras.txt": cameras, "images.txt": images, "points3D.txt": points }, "sparse/0");
  const { views, places } = await readModel(folder);
  expect([views[0]?.name, places.length]).toEqual(["a.jpg", 3]);
});

it.each<[string, Record<string, string>, RegExp]>([
  ["none", {}, /holds no COLMAP model: cameras.txt, images.txt and points3D.txt, there or in sparse\/0/],
  [
    "a binary one",
    { "cameras.bin": "x" },
    /holds a binary model; `colmap model_converter --input_path .* --output_type TXT`/,
  ],
  ["a part", { "cameras.txt": cameras, "images.txt": images }, /points3D.txt cannot be read: there is no such file/],
  ["no pictures", { "cameras.txt": cameras, "images.txt": "", "points3D.txt": "" }, /images.txt has no pictures/],
  [
    "no points",
    { "cameras.txt": cameras, "images.txt": images, "points3D.txt": "# none" },
    /points3D.txt has no points/,
  ],
  [
    "a bad line",
    { "cameras.txt": cameras, "images.txt": images, "points3D.txt": `${points}7 x\n` },
    /points3D.txt, line 2: not POINT3D_ID/,
  ],
  [
    "another",
    { "cameras.txt": `${cameras}\n2 PINHOLE 1\n` },
    /cameras.txt, line 4: PINHOLE has 4 parameters, and here are 0/,
  ],
])("says what is wrong with a folder that has %s", async (_what, files, message) => {
  await write(files);
  await expect(readModel(folder)).rejects.toThrow(message);
});
