import type { Annotation, ImageInfo } from "../../proto/index.js";
import { decodeRle, sa1bRecord, sa1bText } from "../../proto/index.js";
import { cocoOf, rleOf } from "./coco.js";
import { distinctNames, fileName } from "./file-names.js";
import { polygonsJson } from "./polygons.js";
import { svgOf } from "./svg.js";
import type { Job, JobObject } from "./take-away-job.js";
import type { Taken, TakenPicture } from "./taken.js";

/** Makes the PNGs; the rest of a file is text. */
export interface PngMaker {
  readonly cutOut: (object: Taken, pixels: ImageBitmap, picture: TakenPicture) => Promise<Uint8Array>;
  readonly mask: (object: Taken) => Promise<Uint8Array>;
}

export interface MadeFile {
  readonly name: string;
  readonly content: Uint8Array | string;
}

/** The files that a job comes to; several of them travel as one archive. */
export async function makeFiles({ format, picture, objects }: Job, png: PngMaker): Promise<MadeFile[]> {
  const taken = objects.map(takenOf);
  const names = distinctNames(objects.map(({ name }) => name));
  const [first] = taken;
  if (first === undefined) throw new Error("There is nothing to take away.");
  const alone = taken.length === 1;
  /** Of the picture, and of the object where it is the only one and has a name. */
  const named = (ending: string) => fileName(picture.name, alone && first.isNamed ? `${names[0]}-${ending}` : ending);
  const cutOuts = (to: (name: string) => string) =>
    inTurn(objects, async ({ pixels }, at) => {
      if (pixels === undefined) throw new Error("A cut-out needs the picture's pixels.");
      return { name: to(names[at]!), content: await png.cutOut(taken[at]!, pixels, picture) };
    });
  const masks = (to: (name: string) => string) =>
    inTurn(taken, async (object, at) => ({ name: to(names[at]!), content: await png.mask(object) }));
  const texts = {
    svg: () => ({ name: named("outline.svg"), content: svgOf(picture, taken) }),
    polygon: () => ({ name: named("polygons.json"), content: polygonsJson(picture, taken) }),
    coco: () => ({ name: named("coco.json"), content: JSON.stringify(cocoOf(picture, taken)) }),
    sa1b: () => ({ name: named("sa1b.json"), content: sa1bText(sa1bOf(picture, taken)) }),
    rle: () => ({ name: named("rle.json"), content: rleJson(taken) }),
  };
  switch (format) {
    case "cutout":
      return cutOuts((name) => (alone ? named("cutout.png") : `${name}.png`));
    case "mask":
      return masks((name) => (alone ? named("mask.png") : `${name}-mask.png`));
    case "bundle":
      return [
        ...(await cutOuts((name) => `cutouts/${name}.png`)),
        ...(await masks((name) => `masks/${name}.png`)),
        ...[texts.svg(), texts.polygon(), texts.coco(), texts.sa1b()],
      ];
    default:
      return [texts[format]()];
  }
}

function takenOf({ pixels: _, ...object }: JobObject): Taken {
  const { rle, bbox } = object.mask;
  if (rle === undefined || bbox === undefined || bbox.width === 0) throw new Error("The mask is empty.");
  return { ...object, runs: decodeRle(rle), box: bbox };
}

/** One after the other: several large pictures at a time would need the memory of all of them. */
async function inTurn<T>(items: readonly T[], make: (item: T, at: number) => Promise<MadeFile>): Promise<MadeFile[]> {
  const made: MadeFile[] = [];
  for (const [at, item] of items.entries()) made.push(await make(item, at));
  return made;
}

function rleJson(objects: readonly Taken[]): string {
  const [first, ...rest] = objects;
  if (first !== undefined && rest.length === 0) return JSON.stringify(rleOf(first));
  return JSON.stringify(objects.map((object) => ({ id: object.id, name: object.name, segmentation: rleOf(object) })));
}

/** The record of the SA-1B data set, whose crops are parts of the picture: here always all of it. */
function sa1bOf({ imageId, name, width, height }: TakenPicture, objects: readonly Taken[]) {
  const cropBox = { x: 0, y: 0, width, height };
  const annotations = objects.map(({ id, mask, point }) => ({ id, mask, point, cropBox }) as Annotation);
  return sa1bRecord({ imageId, width, height } as ImageInfo, name, annotations);
}
