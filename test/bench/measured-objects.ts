import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { decodeRle, rleToBitmap } from "../../proto/index.js";
import { projectRoot } from "../../services/runtime/project-root.js";
import type { SceneMasks } from "../scenes/object-masks.js";
import { photosFolder } from "../support/photos.js";

/** An object whose mask is known, in pixels of its upright picture. */
export interface MeasuredObject {
  name: string;
  /** What COCO calls it, of its photographs. */
  category?: string;
  /** 1 inside, 0 outside, row by row. */
  truth: Uint8Array;
  /** A pixel deep inside. */
  click: { x: number; y: number };
  box: { x0: number; y0: number; x1: number; y1: number };
}

export interface MeasuredPicture {
  bytes: Buffer;
  width: number;
  height: number;
  objects: MeasuredObject[];
}

interface CocoManifest {
  pairs: {
    name: string;
    image: string;
    mask: string;
    category: string;
    width: number;
    height: number;
    bbox_xyxy: [number, number, number, number];
    first_click_xy: [number, number];
  }[];
}

/** Pictures from one place. */
export interface PictureSource {
  source: string;
  pictures: MeasuredPicture[];
}

/** The photographs of MASKWIRE_TEST_PHOTOS where that is set, the project's own scenes otherwise. */
export function measuredPictures(): Promise<PictureSource> {
  return photosFolder ? photographs(join(photosFolder, "coco")) : measuredScenes();
}

/** The project's own scenes, and the photographs of MASKWIRE_TEST_PHOTOS where that is set. */
export async function allMeasuredPictures(): Promise<PictureSource[]> {
  return [...(photosFolder ? [await photographs(join(photosFolder, "coco"))] : []), await measuredScenes()];
}

async function photographs(folder: string): Promise<PictureSource> {
  const { pairs } = JSON.parse(await readFile(join(folder, "manifest.json"), "utf8")) as CocoManifest;
  const pictures: MeasuredPicture[] = [];
  for (const { name, image, mask, category, width, height, bbox_xyxy, first_click_xy } of pairs) {
    const [x0, y0, x1, y1] = bbox_xyxy;
    const [x, y] = first_click_xy;
    const grey = await sharp(await readFile(join(folder, mask)))
      .extractChannel(0)
      .raw()
      .toBuffer();
    const truth = Uint8Array.from(grey, (value) => (value > 127 ? 1 : 0));
    const bytes = await readFile(join(folder, image));
    pictures.push({
      bytes,
      width,
      height,
      objects: [{ name, category, truth, click: { x, y }, box: { x0, y0, x1, y1 } }],
    });
  }
  return { source: "photographs of MASKWIRE_TEST_PHOTOS", pictures };
}

export async function measuredScenes(): Promise<PictureSource> {
  const folder = join(projectRoot, "test", "scenes");
  const files = (await readdir(folder)).filter((name) => name.endsWith(".masks.json")).sort();
  const pictures: MeasuredPicture[] = [];
  for (const file of files) {
    const { name, width, height, objects } = JSON.parse(await readFile(join(folder, file), "utf8")) as SceneMasks;
    pictures.push({
      bytes: await readFile(join(projectRoot, "web-client", "public", "samples", `${name}.jpg`)),
      width,
      height,
      objects: objects.map((object) => ({
        name: `${name}: ${object.name}`,
        truth: rleToBitmap(decodeRle({ size: [...object.rle.size], counts: object.rle.counts })),
        click: object.click,
        box: {
          x0: object.box.x,
          y0: object.box.y,
          x1: object.box.x + object.box.width,
          y1: object.box.y + object.box.height,
        },
      })),
    });
  }
  return { source: "the project's own scenes", pictures };
}
