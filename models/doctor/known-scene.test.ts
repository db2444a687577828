import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { rleArea } from "../../proto/rle.js";
import { rleToBitmap } from "../../proto/rle-bitmap.js";
import { noLimits, openPicture } from "../../services/encoder/images/open-picture.js";
import { knownScene } from "./known-scene.js";
import { storedAs } from "./stored-as.js";

const { drawing, objects } = knownScene(65, 43);

it("has objects that their clicks are in and that do not touch each other", () => {
  const covered = new Uint8Array(65 * 43);
  for (const { click, mask } of objects) {
    const bitmap = rleToBitmap(mask);
    expect(bitmap[Math.floor(click.y) * 65 + Math.floor(click.x)]).toBe(1);
    expect(rleArea(mask)).toBeGreaterThan(50);
    bitmap.forEach((inside, at) => {
      covered[at]! += inside;
    });
  }
  expect(Math.max(...covered)).toBe(1);
});

describe("a file in each of EXIF's orientations", () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])("%i shows it upright", async (orientation) => {
    const { width, height, data } = storedAs(drawing, orientation);
    const file = await sharp(data, { raw: { width, height, channels: 3 } })
      .withMetadata({ orientation })
      .png()
      .toBuffer();
    const shown = await (await openPicture(file, noLimits)).pixels();
    expect([shown.width, shown.height]).toEqual([65, 43]);
    expect(Buffer.from(shown.data).equals(drawing.data)).toBe(true);
  });
});
