import { link, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checkPlaces } from "./check-places.js";
import type { Layout } from "./outputs/layout-names.js";
import { trackFrames } from "./track-frames.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "maskwire-places-"));
  for (const name of ["frames", "scene/masks", "run/instances"]) await mkdir(join(folder, name), { recursive: true });
  for (const name of ["ride.mp4", "prompts.json", "frames/1.png"]) await writeFile(join(folder, name), "x");
  await symlink("frames", join(folder, "linked"));
  await symlink("ride.mp4", join(folder, "linked.mp4"));
  await link(join(folder, "ride.mp4"), join(folder, "same.mp4"));
});
afterAll(() => rm(folder, { recursive: true }));

const at = (name: string) => join(folder, name);
interface Case {
  input?: string;
  layout: Layout;
  out: string;
  keepFrames?: string;
  objects?: string;
}
const check = ({ input = "ride.mp4", layout, out, keepFrames, objects }: Case) =>
  checkPlaces(at(input), {
    layout,
    out: at(out),
    keepFrames: keepFrames && at(keepFrames),
    objects: objects && at(objects),
  });

describe("what would be written over what is read", () => {
  it.each<[string, Case]>([
    ["the video", { layout: "overlay", out: "ride.mp4" }],
    ["the video", { layout: "overlay", out: "frames/../ride.mp4" }],
    ["the video", { layout: "overlay", out: "linked.mp4" }],
    ["the video", { layout: "overlay", out: "same.mp4" }],
    ["the video", { layout: "coco", out: "ride.mp4" }],
    ["the video", { input: "frames", layout: "rgba", out: "frames/" }],
    ["the video", { input: "frames/", layout: "davis", out: "linked" }],
    ["the video", { input: "linked", layout: "davis", out: "frames" }],
    ["the video", { input: "scene/masks", layout: "nerfstudio", out: "scene" }],
    ["the video", { input: "run/instances", layout: "mots", out: "run" }],
    ["a frame of the video", { input: "frames", layout: "coco", out: "frames/1.png" }],
    ["--keep-frames", { layout: "davis", out: "new", keepFrames: "new" }],
    ["--keep-frames", { layout: "davis", out: "linked/new/a", keepFrames: "frames/new/b/../a" }],
    ["a frame of --keep-frames", { layout: "youtube-vis", out: "new/00000.jpg", keepFrames: "new" }],
    ["--objects", { layout: "coco", out: "prompts.json", objects: "prompts.json" }],
  ])("is refused: %s, %j", async (what, places) => {
    await expect(check(places)).rejects.toThrow(`--out ${at(places.out)} would write over ${what}: name another`);
  });

  it.each<Case>([
    { layout: "overlay", out: "overlaid.mp4" },
    { layout: "davis", out: "." },
    { input: "frames", layout: "davis", out: "frames/masks" },
    { input: "frames", layout: "coco", out: "frames/coco.json" },
    { input: "scene/masks", layout: "davis", out: "scene" },
    { layout: "davis", out: "kept/masks", keepFrames: "kept", objects: "prompts.json" },
  ])("is let apart where it stays apart: %j", async (places) => {
    await expect(check(places)).resolves.toBeUndefined();
  });

  it("is refused by the command before it reads anything", async () => {
    const options = { layout: "overlay", out: at("ride.mp4"), objects: at("nowhere.json") } as const;
    await expect(trackFrames(at("ride.mp4"), options)).rejects.toThrow("would write over the video");
  });
});
