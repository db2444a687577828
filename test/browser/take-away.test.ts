import { strFromU8, unzipSync } from "fflate";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { decodeRle, rleToBitmap, sa1bImageId } from "../../proto/index.js";
import { bytesOf, type ClientPage, scene } from "./page.js";
import { RealStack } from "./real-stack.js";

const stack = new RealStack();
const final = { "mask-look": "final", waiting: 0 };

async function openOwn(options = {}): Promise<ClientPage> {
  const page = await stack.open(undefined, options);
  await page.choose(stack.photo);
  await page.until({ state: "ready", "image-width": scene.width });
  return page;
}

async function clickDisc(page: ClientPage): Promise<number> {
  await page.click(scene.disc);
  await page.until({ ...final, points: 1 });
  return page.area();
}

/** The disc is kept as “Sun”, the plate without a name. */
async function keepBoth(page: ClientPage): Promise<{ disc: number; plate: number }> {
  const disc = await clickDisc(page);
  await page.page.getByTestId("keep").click();
  await page.page.locator(".object-pick").dblclick();
  await page.page.locator(".object-input").fill("Sun");
  await page.page.keyboard.press("Enter");
  await page.click(scene.plate);
  await page.until({ ...final, points: 1 });
  const plate = await page.area();
  await page.page.getByTestId("keep").click();
  await page.until({ objects: 2, points: 0 });
  return { disc, plate };
}

async function take(page: ClientPage, format: string, button = "take-one"): Promise<{ name: string; bytes: Buffer }> {
  await page.page.getByTestId("take-format").selectOption(format);
  const [file] = await Promise.all([page.page.waitForEvent("download"), page.page.getByTestId(button).click()]);
  return { name: file.suggestedFilename(), bytes: await bytesOf(file) };
}

async function pixelsOf(bytes: Uint8Array) {
  const { data, info } = await sharp(bytes).raw().toBuffer({ resolveWithObject: true });
  return { data, ...info };
}

/** White pixels of a mask. */
async function maskArea(bytes: Uint8Array): Promise<number> {
  const { data, channels, width, height } = await pixelsOf(bytes);
  expect([width, height]).toEqual([scene.width, scene.height]);
  let [area, gray] = [0, 0];
  for (let i = 0; i < data.length; i += channels) {
    if (data[i] === 255) area++;
    else if (data[i] !== 0) gray++;
  }
  expect(gray).toBe(0);
  return area;
}

describe("what is taken away", () => {
  it("is a cut-out with a soft edge, as large as the object at the picture's resolution", async () => {
    const page = await stack.fresh();
    const area = await clickDisc(page);
    const { name, bytes } = await take(page, "cutout");
    expect(name).toBe("photo-cutout.png");
    const { data, width, height } = await pixelsOf(bytes);
    let [sum, soft] = [0, 0];
    for (let i = 3; i < data.length; i += 4) {
      sum += data[i]! / 255;
      if (data[i]! > 0 && data[i]! < 255) soft++;
    }
    expect(Math.abs(sum / area - 1)).toBeLessThan(0.01);
    expect(soft).toBeGreaterThan(Math.PI * 352 * 0.8);
    expect(Math.abs(width - 352)).toBeLessThan(24);
    // Its own pixels: the middle of the disc as it is in the photo.
    const middle = ((height >> 1) * width + (width >> 1)) * 4;
    const photo = await pixelsOf(stack.photo);
    const there = (Math.round(scene.disc.y * scene.height) * photo.width + Math.round(scene.disc.x * scene.width)) * 3;
    for (let channel = 0; channel < 3; channel++) {
      expect(Math.abs(data[middle + channel]! - photo.data[there + channel]!)).toBeLessThan(40);
    }
  });

  it("is a mask that has the pixels the page says", async () => {
    const page = await stack.fresh();
    const area = await clickDisc(page);
    const { name, bytes } = await take(page, "mask");
    expect(name).toBe("photo-mask.png");
    expect(await maskArea(bytes)).toBe(area);
  });

  it("is an SVG that draws as the same shape", async () => {
    const page = await stack.fresh();
    const area = await clickDisc(page);
    const { bytes } = await take(page, "svg");
    const [width, height, sum] = (await page.page.evaluate(`(async () => {
      const image = new Image();
      image.src = "data:image/svg+xml;base64,${bytes.toString("base64")}";
      await image.decode();
      const canvas = new OffscreenCanvas(image.naturalWidth, image.naturalHeight);
      const context = canvas.getContext("2d");
      context.drawImage(image, 0, 0);
      const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
      return [canvas.width, canvas.height, data.reduce((sum, value, i) => (i % 4 === 3 ? sum + value / 255 : sum), 0)];
    })()`)) as [number, number, number];
    expect([width, height]).toEqual([scene.width, scene.height]);
    expect(Math.abs(sum / area - 1)).toBeLessThan(0.005);
  });

  it("is, for all objects, one data set of COCO with their names as categories, or one record of SA-1B", async () => {
    const page = await stack.fresh();
    const { disc, plate } = await keepBoth(page);
    const coco = JSON.parse((await take(page, "coco", "take-all")).bytes.toString());
    expect(coco.images).toEqual([{ id: 1, file_name: "photo.jpg", width: scene.width, height: scene.height }]);
    expect(coco.categories.map((category: { name: string }) => category.name)).toEqual(["Sun", "object"]);
    expect(coco.annotations).toMatchObject([
      { id: 1, image_id: 1, category_id: 1, area: disc, iscrowd: 0 },
      { id: 2, image_id: 1, category_id: 2, area: plate, iscrowd: 0 },
    ]);
    const sa1b = JSON.parse((await take(page, "sa1b", "take-all")).bytes.toString());
    expect(sa1b.image.image_id).toBe(sa1bImageId(await page.data("image-id")));
    const bitmap = rleToBitmap(decodeRle(sa1b.annotations[0].segmentation));
    expect(bitmap.reduce((sum, pixel) => sum + pixel, 0)).toBe(disc);
  });

  it("is everything of all objects in one archive, but for what is hidden", async () => {
    const page = await stack.fresh();
    const { disc, plate } = await keepBoth(page);
    const { name, bytes } = await take(page, "bundle", "take-all");
    expect(name).toBe("photo-objects.zip");
    const files = unzipSync(new Uint8Array(bytes));
    expect(Object.keys(files)).toEqual([
      "cutouts/Sun.png",
      "cutouts/Object-2.png",
      "masks/Sun.png",
      "masks/Object-2.png",
      "photo-outline.svg",
      "photo-polygons.json",
      "photo-coco.json",
      "photo-sa1b.json",
    ]);
    expect(await maskArea(files["masks/Sun.png"]!)).toBe(disc);
    expect(await maskArea(files["masks/Object-2.png"]!)).toBe(plate);
    expect((await pixelsOf(files["cutouts/Sun.png"]!)).channels).toBe(4);
    const polygons = JSON.parse(strFromU8(files["photo-polygons.json"]!));
    expect(polygons.objects.map((object: { name: string }) => object.name)).toEqual(["Sun", "Object 2"]);
    await page.page.locator('.object[data-id="2"]').locator(".object-eye").click();
    await page.until({ objects: 1 });
    expect(await page.page.getByTestId("take-all").isHidden()).toBe(true);
    expect((await take(page, "mask")).name).toBe("photo-Sun-mask.png");
  });

  it("goes to the clipboard as a picture or as text, by keyboard; the format is remembered", async () => {
    const page = await openOwn({ permissions: ["clipboard-read", "clipboard-write"] });
    const area = await clickDisc(page);
    const copy = page.page.getByTestId("take-copy");
    // Looked for in the page at every frame: it is said for a moment only.
    const says = (text: string) => page.page.locator(`#take-copy:text-is("${text}")`).waitFor();
    await copy.focus();
    await page.page.keyboard.press("Enter");
    await says("Copied");
    const picture = await page.page.evaluate(`(async () => {
      const [item] = await navigator.clipboard.read();
      return [...new Uint8Array(await (await item.getType("image/png")).arrayBuffer())];
    })()`);
    expect((await pixelsOf(Uint8Array.from(picture as number[]))).channels).toBe(4);

    await page.page.getByTestId("take-format").selectOption("rle");
    await says("Copy");
    await copy.click();
    await says("Copied");
    const text = await page.page.evaluate("navigator.clipboard.readText()");
    const bitmap = rleToBitmap(decodeRle(JSON.parse(String(text))));
    expect(bitmap.reduce((sum, pixel) => sum + pixel, 0)).toBe(area);

    await page.page.reload();
    await page.page.locator("#take-format").waitFor();
    expect(await page.page.getByTestId("take-format").inputValue()).toBe("rle");
  });
});
