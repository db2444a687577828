import { problemOf, Repeated, Unreadable } from "../parse/unreadable.js";
import type { FoundPictures } from "../pictures/found-pictures.js";
import { type Size, type SizeOf, sizeOfPicture } from "../pictures/picture-size.js";
import { stemOf } from "../pictures/plain-name.js";
import { nameIn } from "../pictures/split-of.js";
import { boxMask, polygonMask } from "../shapes/shapes.js";
import { linesOf } from "../text/read-whole.js";
import type { Found, Mask, Source } from "../types.js";
import { readYoloNames, type YoloNames } from "./yolo-names.js";

/** A line an object: class x1 y1 x2 y2 ..., in shares of the picture. Four numbers are a box around its middle. */
export async function* readYolo(
  source: Source,
  files: readonly string[],
  pictures: FoundPictures,
  sizeOf: SizeOf,
): AsyncGenerator<Found> {
  let names: YoloNames = { names: new Map(), folders: [] };
  try {
    names = await readYoloNames(source);
  } catch (error) {
    yield problemOf(error, "data.yaml");
  }
  for (const file of files) {
    try {
      yield* readFile(source, file, pictures, names, sizeOf);
    } catch (error) {
      yield problemOf(error, file);
    }
  }
}

async function* readFile(
  source: Source,
  file: string,
  pictures: FoundPictures,
  { names, folders }: YoloNames,
  sizeOf: SizeOf,
): AsyncGenerator<Found> {
  const stem = stemOf(file).replace(/^(.*\/)?labels\//, (_, before = "") => `${before}images/`);
  const place = folders.find(({ folder }) => stem.startsWith(folder) || stem.includes(`/${folder}`));
  const within = place ? stem.slice(stem.indexOf(place.folder) + place.folder.length) : nameIn(stem);
  const [picture, isNew] = pictures.add({ name: within, by: file, split: place?.split, at: stem });
  if (isNew) yield picture;
  const size = await sizeOfPicture(source, picture, sizeOf);
  const repeated = new Repeated();
  for await (const [line, text] of linesOf(source, file)) {
    const words = text.trim().split(/\s+/);
    if (words[0] === "") continue;
    try {
      if (!size) throw new Unreadable(`The size of the picture ${within} is not known: its file is not here.`);
      const [number = -1, ...numbers] = words.map(Number);
      if (words.some((word) => !Number.isFinite(Number(word))))
        throw new Unreadable("The line holds something that is no number.");
      const label = names.get(number) ?? `class ${number}`;
      if (!names.has(number)) repeated.add(`There is no name for class ${number}.`, line);
      const rle = maskIn(numbers, size);
      yield { kind: "object", picture: picture.name, rle, label, attributes: {}, file, sourceId: String(line) };
    } catch (error) {
      yield problemOf(error, file, line);
    }
  }
  yield* repeated.problems(file);
}

/** What a model has found has its confidence at the end. */
function maskIn(numbers: readonly number[], { width, height }: Size): Mask {
  const shape = numbers.length % 2 === 1 ? numbers.slice(0, -1) : numbers;
  const [x = 0, y = 0, boxWidth = 0, boxHeight = 0] = shape;
  if (shape.length === 4) {
    const [left, top] = [(x - boxWidth / 2) * width, (y - boxHeight / 2) * height];
    return boxMask(left, top, boxWidth * width, boxHeight * height, width, height);
  }
  return polygonMask([shape.map((share, at) => share * (at % 2 === 0 ? width : height))], width, height);
}
