import { attributesIn, type Fields, fieldsOf, finiteNumber, isFields, listIn, parseFields } from "../parse/fields.js";
import { grouped } from "../parse/grouped.js";
import { jsonElements } from "../parse/json-elements.js";
import { problemOf, Repeated, Unreadable } from "../parse/unreadable.js";
import type { FoundPictures } from "../pictures/found-pictures.js";
import { type Size, type SizeOf, sizeOfPicture } from "../pictures/picture-size.js";
import { baseOf, stemOf } from "../pictures/plain-name.js";
import { splitNamed } from "../pictures/split-of.js";
import { joined } from "../shapes/joined.js";
import { boxMask, polygonMask, rleMask } from "../shapes/shapes.js";
import { ownId } from "../shapes/source-ids.js";
import type { Found, FoundPicture, Mask, Source } from "../types.js";

/** A file of Datumaro's own format: a split each, named after it. Annotations of one group are one object. */
export async function* readDatumaro(
  source: Source,
  file: string,
  pictures: FoundPictures,
  sizeOf: SizeOf,
): AsyncGenerator<Found> {
  try {
    const labels = await readLabels(source, file);
    const name = stemOf(baseOf(file));
    const split = name === "default" ? undefined : splitNamed(name);
    for await (const { text, line, index } of jsonElements(source.open(file), { arrays: ["items"] })) {
      try {
        const item = parseFields(text, "item");
        const [picture, isNew] = pictures.add(pictureOf(item, file, split));
        if (isNew) yield picture;
        const size = await sizeOfPicture(source, picture, sizeOf);
        yield* objectsOf(item, { picture, size, labels, file, line, index });
      } catch (error) {
        yield problemOf(error, file, line);
      }
    }
  } catch (error) {
    yield problemOf(error, file);
  }
}

async function readLabels(source: Source, file: string): Promise<(string | undefined)[]> {
  for await (const { text } of jsonElements(source.open(file), { values: ["categories"] })) {
    const { label } = parseFields(text, "categories");
    return isFields(label) ? listIn(label, "labels").map((one) => (isFields(one) ? nameOf(one) : undefined)) : [];
  }
  return [];
}

const nameOf = ({ name }: Fields) => (typeof name === "string" && name !== "" ? name : undefined);

function pictureOf(item: Fields, by: string, split: string | undefined) {
  const image = isFields(item.image) ? item.image : {};
  const [height, width] = listIn(image, "size").map(finiteNumber);
  const name = typeof image.path === "string" && image.path !== "" ? image.path : item.id;
  if (typeof name !== "string" || name === "") throw new Unreadable("The item has neither an id nor a path.");
  return {
    name,
    by,
    split,
    ...(width !== undefined && height !== undefined && { width, height }),
    attributes: attributesIn(item.attr),
  };
}

interface Place {
  readonly picture: FoundPicture;
  readonly size: Size | undefined;
  readonly labels: readonly (string | undefined)[];
  readonly file: string;
  readonly line: number;
  /** Of the item. */
  readonly index: number;
}

/** A box stands for an object only where its group has nothing better. */
function* objectsOf(item: Fields, { picture, size, labels, file, line, index: itemIndex }: Place): Generator<Found> {
  const repeated = new Repeated();
  const annotations = listIn(item, "annotations").map((one) => fieldsOf(one, "annotation"));
  const numbered = annotations.map((annotation, index) => ({ annotation, index }));
  const groups = grouped(numbered, ({ annotation, index }) => {
    const group = finiteNumber(annotation.group) ?? 0;
    return group === 0 ? `@${index}` : `${group} ${String(annotation.label_id)}`;
  });
  for (const group of groups) {
    try {
      if (!size) throw new Unreadable("The picture's size is not known: the item has none, and its file is not here.");
      const shapes = group.filter(({ annotation }) => annotation.type === "mask" || annotation.type === "polygon");
      const boxes = group.filter(({ annotation }) => annotation.type === "bbox");
      const used = shapes.length > 0 ? shapes : boxes;
      for (const { annotation } of group) {
        if (!["mask", "polygon", "bbox"].includes(String(annotation.type))) {
          repeated.add(`An annotation of the type "${String(annotation.type)}" has no pixels.`, line);
        }
      }
      const [first] = used;
      if (!first) continue;
      const number = finiteNumber(first.annotation.label_id);
      const label = number === undefined ? undefined : labels[number];
      if (number !== undefined && label === undefined) throw new Unreadable(`There is no label ${number}.`);
      yield {
        kind: "object",
        picture: picture.name,
        rle: joined(used.map(({ annotation }) => maskIn(annotation, size))),
        ...(label !== undefined && { label }),
        attributes: attributesIn(first.annotation.attributes),
        file,
        sourceId: `${itemIndex}/${first.index}`,
        // 0 is of those that have none.
        ...ownId(first.annotation.id || undefined),
      };
    } catch (error) {
      yield problemOf(error, file, line);
    }
  }
  yield* repeated.problems(file);
}

function maskIn(annotation: Fields, { width, height }: Size): Mask {
  if (annotation.type === "mask") {
    const rle = fieldsOf(annotation.rle, "mask's rle");
    return rleMask(listIn(rle, "size"), rle.counts, width, height);
  }
  const numbers = listIn(annotation, annotation.type === "polygon" ? "points" : "bbox").map((number) => {
    const finite = finiteNumber(number);
    if (finite === undefined) throw new Unreadable("The annotation holds something that is no number.");
    return finite;
  });
  if (annotation.type === "polygon") return polygonMask([numbers], width, height);
  const [x = 0, y = 0, boxWidth = 0, boxHeight = 0] = numbers;
  return boxMask(x, y, boxWidth, boxHeight, width, height);
}
