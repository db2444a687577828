import { readFile } from "node:fs/promises";
import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { decodeRle, rleArea, rleBoundingBox } from "../../proto/rle.js";
import { rleToBitmap } from "../../proto/rle-bitmap.js";
import { objectIds } from "./object-ids.js";
import { type ObjectMask, objectMasks, type SceneMasks } from "./object-masks.js";
import { picture } from "./picture.js";
import { scenes } from "./scenes.js";

// From here and from the compiled copy alike, the working directory is the project's root.
const publicSamples = "web-client/public/samples";

function expectConsistent(object: ObjectMask): Uint8Array {
  const mask = decodeRle({ size: [...object.rle.size], counts: object.rle.counts });
  expect(rleArea(mask)).toBe(object.area);
  expect(rleBoundingBox(mask)).toEqual(object.box);
  const bitmap = rleToBitmap(mask);
  expect(bitmap[object.click.y * mask.width + object.click.x]).toBe(1);
  return bitmap;
}

describe.each(scenes)("the scene $name", (scene) => {
  test("has the same ids, masks and click points at any size, and renders the same twice", () => {
    const [width, height] = [96, 64];
    const world = scene.build();
    const seen = objectIds(world, width, height);
    const objects = objectMasks(seen);
    expect(objects.map(({ name }) => name)).toEqual(seen.names);
    expect(objects.length).toBeGreaterThanOrEqual(5);
    const rebuilt = new Uint8Array(width * height);
    objects.forEach((object, index) => {
      expectConsistent(object).forEach((inside, i) => {
        if (inside) rebuilt[i] = index + 1;
      });
    });
    expect(rebuilt).toEqual(seen.ids);

    const rendered = () => picture(scene.build(), width / 2, height / 2, 1);
    const pixels = rendered();
    expect(pixels).toHaveLength((width / 2) * (height / 2) * 3);
    expect(Buffer.compare(pixels, rendered())).toBe(0);
    // A NaN anywhere in the light would have turned into black.
    expect(pixels.filter((value) => value === 0).length).toBeLessThan(pixels.length / 20);
  });

  test("has committed masks that fit its committed picture", async () => {
    const masks: SceneMasks = JSON.parse(await readFile(`test/scenes/${scene.name}.masks.json`, "utf8"));
    const { width, height } = await sharp(await readFile(`${publicSamples}/${scene.name}.jpg`)).metadata();
    expect([masks.width, masks.height]).toEqual([width, height]);
    const covered = new Uint8Array(masks.width * masks.height);
    for (const object of masks.objects) {
      expect(object.rle.size).toEqual([height, width]);
      expectConsistent(object).forEach((inside, i) => {
        covered[i]! += inside;
      });
    }
    expect(covered.every((count) => count <= 1)).toBe(true);
    // The scene as it is now still shows what the committed masks say.
    const now = objectIds(scene.build(), masks.width, masks.height);
    expect(masks.objects).toEqual(objectMasks(now));
  });
});

test("samples.json lists the scenes", async () => {
  const list: unknown = JSON.parse(await readFile(`${publicSamples}/samples.json`, "utf8"));
  const entry = ({ name, title }: { name: string; title: string }) =>
    expect.objectContaining({ name, title, file: `${name}.jpg`, width: 1200, height: 800 });
  expect(list).toEqual(scenes.map(entry));
});
