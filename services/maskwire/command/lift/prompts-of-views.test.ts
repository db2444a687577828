import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cameraOf, poseOf } from "./model/camera.js";
import { promptsOfViews } from "./prompts-of-views.js";

const views = ["a.jpg", "b.jpg"].map((name) => ({
  name,
  camera: cameraOf("SIMPLE_PINHOLE", 10, 10, [1, 5, 5]),
  pose: poseOf([1, 0, 0, 0], [0, 0, 0]),
  points: new Int32Array(),
}));
const prompt = { points: [{ x: 1, y: 2 }] };

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "maskwire-prompts-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function ofList(list: unknown) {
  const objects = join(folder, "objects.json");
  await writeFile(objects, typeof list === "string" ? list : JSON.stringify(list));
  return promptsOfViews({ objects }, views);
}

describe("prompts of views", () => {
  it("are one by the options, on the first view or the one that is named", async () => {
    const point = [{ x: 3, y: 4 }];
    const points = [{ x: 3, y: 4, label: 1 }];
    expect(await promptsOfViews({ point }, views)).toEqual([{ view: 0, object: 1, prompt: { points } }]);
    expect(await promptsOfViews({ point, view: "b.jpg" }, views)).toMatchObject([{ view: 1 }]);
  });

  it("are several by a list, by the views' names or places", async () => {
    const found = await ofList([
      { object: 2, view: "b.jpg", prompt },
      { object: 5, frame: 1, prompt },
      { object: 5, prompt },
    ]);
    expect(found.map(({ view, object }) => [view, object])).toEqual([
      [1, 2],
      [1, 5],
      [0, 5],
    ]);
  });

  it.each([
    ["{", /is no list of prompts such as \[\{"object": 1, "view": "a.jpg"/],
    [[], /has no prompt/],
    [[{ object: 1 }], /one has no prompt/],
    [[{ object: 0, prompt }], /numbered from 1 to 255/],
    [[{ object: 256, prompt }], /numbered from 1 to 255/],
    [[{ object: 1, frame: 2, prompt }], /a prompt is on frame 2; the last is 1/],
    [[{ object: 1, view: "c.jpg", prompt }], /images.txt has no picture "c.jpg"; it has a.jpg, b.jpg/],
  ])("are refused: %j", async (list, message) => {
    await expect(ofList(list)).rejects.toThrow(message);
  });

  it("are either in a list or by options", async () => {
    await expect(promptsOfViews({ objects: "x", view: "a.jpg" }, views)).rejects.toThrow(
      /by --objects, or one by --view/,
    );
    await expect(promptsOfViews({}, views)).rejects.toThrow(/Say where the object is/);
  });
});
