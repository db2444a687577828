import { createHash } from "node:crypto";
import type { Sharp } from "sharp";
import { describe, expect, it } from "vitest";
import { drawScene, oriented, sceneClicks } from "../support/pictures.js";
import { type ClientPage, scene } from "./page.js";
import { RealStack } from "./real-stack.js";

const stack = new RealStack();

/** The offered formats that note an orientation and that this browser shows. */
const formats: Record<string, (file: Sharp) => Sharp> = {
  jpeg: (file) => file.jpeg({ quality: 95, chromaSubsampling: "4:4:4" }),
  png: (file) => file.png({ compressionLevel: 1 }),
  webp: (file) => file.webp({ lossless: true, effort: 0 }),
  avif: (file) => file.avif({ effort: 0, chromaSubsampling: "4:4:4" }),
};
const orientations = [1, 2, 3, 4, 5, 6, 7, 8];
const shapes = { wide: [300, 200], tall: [180, 300], square: [240, 240] } as const;

/** What the canvas shows where the scene has its objects: no two orientations have the same three. */
async function colours({ page }: ClientPage): Promise<string[]> {
  const shown = await page.evaluate(`{
    const canvas = document.getElementById("canvas");
    const context = canvas.getContext("2d");
    ${JSON.stringify(Object.values(sceneClicks))}.map(({ x, y }) => {
      const { data } = context.getImageData(Math.floor(x * canvas.width), Math.floor(y * canvas.height), 1, 1);
      return [...data.subarray(0, 3)];
    });
  }`);
  return (shown as [number, number, number][]).map(([red, green, blue]) =>
    blue > red ? "blue" : green > 120 ? "yellow" : red > 120 ? "red" : "none",
  );
}

const idOf = (file: Buffer) => `sha256:${createHash("sha256").update(file).digest("hex")}`;

describe("a picture that notes how to turn it", () => {
  it.each(Object.keys(formats))("is shown upright, %s of every orientation and shape", async (format) => {
    const page = await stack.open(stack.tiny.url);
    await page.until({ state: "ready" });
    // Nothing here is about the answers, and what is refused is not tried again.
    await page.page.route("**/v1/images**", (route) => route.fulfill({ status: 413 }));
    const wrong: string[] = [];
    for (const [shape, [width, height]] of Object.entries(shapes)) {
      for (const orientation of orientations) {
        const file = await formats[format]!(oriented(drawScene(width, height, orientation), orientation)).toBuffer();
        await page.choose(file, `${shape}-${orientation}.${format}`, `image/${format}`);
        await page.until({ "image-id": idOf(file), "image-width": width, "image-height": height });
        const seen = await colours(page);
        if (seen.join() !== "red,blue,yellow") wrong.push(`${shape} ${orientation}: ${seen}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it("is clicked where the service thinks, WebP of every orientation", async () => {
    const page = await stack.open();
    await page.until({ state: "ready" });
    // A wide one has a small frame to be encoded.
    const [width, height] = [720, 300];
    for (const orientation of orientations) {
      const file = await formats.webp!(oriented(drawScene(width, height, orientation), orientation)).toBuffer();
      await page.choose(file, `${orientation}.webp`, "image/webp");
      await page.until({ "image-id": idOf(file), state: "ready" });
      await page.click(scene.disc);
      await page.until({ "mask-look": "final", points: 1, waiting: 0 });
      expect((await page.area()) / (Math.PI * (0.22 * height) ** 2), `orientation ${orientation}`).toBeCloseTo(1, 1);
    }
  });
});
