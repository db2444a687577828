import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type KnownSet, writeColmapSet } from "../scenes/colmap.js";
import { kitchen } from "../scenes/kitchen.js";
import { objectMasks } from "../scenes/object-masks.js";
import { commandLine } from "../support/command-line.js";
import { realMaskwire } from "./real-maskwire.js";

/*
 * One object of a scene of ours in a few small views, with the real model: that `maskwire lift` finds it in all of them and in the
 * points. How well, over more views and objects, is `bench -- lift`.
 */

const size = { width: 240, height: 160 };
const object = "teapot";

let maskwire: Awaited<ReturnType<typeof realMaskwire>>;
let folder: string;
let set: KnownSet;

beforeAll(async () => {
  maskwire = await realMaskwire();
  folder = await mkdtemp(join(tmpdir(), "maskwire-lift-"));
  const look = { target: [0.4, 0.9, 0.2], distance: 13.5, height: 4.6 } as const;
  set = await writeColmapSet(folder, kitchen, { ...size, samples: 1, views: 4, arc: 50, points: 20, look });
});
afterAll(async () => {
  if (folder) await rm(folder, { recursive: true });
});

const lift = (args: string[]) =>
  commandLine(["lift", "--colmap", folder, ...args], { cwd: folder, env: { MASKWIRE_URL: maskwire.url } });

it("finds an object of one view in the others, and its points", async () => {
  const { name: view, truth } = set.views[1]!;
  const shown = objectMasks(truth).find(({ name }) => name === object)!;
  const { x, y, width, height } = shown.box;
  const args = ["--view", view, "--point", `${shown.click.x},${shown.click.y}`];
  const { code, stdout, stderr } = await lift([
    ...args,
    "--box",
    `${x},${y},${x + width},${y + height}`,
    "--out",
    "lifted",
  ]);
  expect([code, stderr]).toEqual([0, ""]);
  expect(stdout).toMatch(/^4 of 4 views, \d+ of \d+ points: lifted\/masks, lifted\/points.ply\n$/);

  for (const { name, truth } of set.views) {
    // The first colour of the palette is a dark red.
    const red = await sharp(await readFile(join(folder, "lifted", "masks", `${name}.png`)))
      .extractChannel(0)
      .raw()
      .toBuffer();
    const id = truth.names.indexOf(object) + 1;
    let [both, either] = [0, 0];
    for (const [at, one] of truth.ids.entries()) {
      const [is, found] = [one === id, red[at] === 128];
      if (is && found) both++;
      if (is || found) either++;
    }
    expect(both / either, name).toBeGreaterThan(0.75);
  }
  const ply = await readFile(join(folder, "lifted", "points.ply"));
  const start = ply.indexOf("end_header\n") + "end_header\n".length;
  const right = set.pointObjects.filter(
    (name, at) => ply.readUInt16LE(start + 17 * at + 15) === (name === object ? 1 : 0),
  );
  expect(right.length / set.pointObjects.length).toBeGreaterThan(0.95);
});

it("says which line of a model is wrong, and that pictures are not the model's", async () => {
  const path = join(folder, "sparse", "0", "cameras.txt");
  const cameras = await readFile(path, "utf8");
  try {
    await writeFile(path, cameras.replaceAll("240 160", "241 160"));
    const other = await lift(["--point", "120,80", "--out", "lifted"]);
    expect([other.code, other.stderr]).toEqual([
      2,
      "maskwire: view-00.png is 240 x 160, and its camera has 241 x 160: hand in the pictures that the model was made of.\n",
    ]);
    await writeFile(path, cameras.replace("OPENCV", "FISHEYE"));
    const { code, stderr } = await lift(["--point", "120,80", "--out", "lifted"]);
    expect([code, stderr]).toEqual([
      2,
      expect.stringMatching(/^maskwire: .*cameras.txt, line 2: the camera model "FISHEYE" is not read; .*\n$/),
    ]);
  } finally {
    await writeFile(path, cameras);
  }
});
