import {
  attributesIn,
  boxIn,
  type Fields,
  fieldsOf,
  finiteNumber,
  isFields,
  listIn,
  numberIn,
  parseFields,
  parseJson,
  textIn,
} from "../parse/fields.js";
import { jsonElements } from "../parse/json-elements.js";
import { scoresIn } from "../parse/scores.js";
import { problemOf, Repeated, Unreadable } from "../parse/unreadable.js";
import type { FoundPictures } from "../pictures/found-pictures.js";
import { boxMask, polygonMask, rleMask } from "../shapes/shapes.js";
import { ownId, SourceIds } from "../shapes/source-ids.js";
import type { Found, FoundObject, FoundPicture, Mask, Source } from "../types.js";
import { CocoVideos } from "./coco-videos.js";

/** What annotations of a file refer to. */
interface Tables {
  readonly videos: CocoVideos;
  readonly pictures: Map<unknown, FoundPicture & { width: number; height: number }>;
  readonly categories: Map<unknown, string>;
}

/**
 * A file of COCO, whoever wrote it: all forms of `segmentation` whatever `iscrowd` says, categories by their names. It is gone
 * through twice, since categories are often its end, and annotations are too many to keep.
 */
export async function* readCoco(source: Source, file: string, pictures: FoundPictures): AsyncGenerator<Found> {
  const tables: Tables = { videos: new CocoVideos(source, file), pictures: new Map(), categories: new Map() };
  try {
    yield* readTables(source, file, pictures, tables);
    yield* readObjects(source, file, tables);
  } catch (error) {
    yield problemOf(error, file);
  }
}

async function* readTables(
  source: Source,
  file: string,
  pictures: FoundPictures,
  { videos, pictures: byId, categories }: Tables,
): AsyncGenerator<Found> {
  const elements = jsonElements(source.open(file), { arrays: ["images"], values: ["categories"] });
  for await (const { key, text, line } of elements) {
    try {
      if (key === "categories") readCategories(text, categories);
      else {
        const image = parseFields(text, "image");
        const width = numberIn(image, "width", "image");
        const height = numberIn(image, "height", "image");
        const name = textIn(image, "file_name", "image");
        const attributes = attributesIn(image.attributes);
        const frame = await videos.frameOf(image);
        const [picture, isNew] = pictures.add({ name, by: file, width, height, attributes, frame });
        byId.set(idOf(image.id), { ...picture, width, height });
        if (isNew) yield picture;
      }
    } catch (error) {
      yield problemOf(error, file, line);
    }
  }
}

/** Numbers are written as text by some, and asked for as numbers. */
const idOf = (id: unknown) => finiteNumber(id) ?? id;

function readCategories(text: string | undefined, categories: Tables["categories"]): void {
  const all = parseJson(text, "list of categories");
  if (!Array.isArray(all)) throw new Unreadable("The categories are no list.");
  for (const one of all) {
    const category = fieldsOf(one, "category");
    categories.set(idOf(category.id), textIn(category, "name", "category"));
  }
}

async function* readObjects(source: Source, file: string, tables: Tables): AsyncGenerator<Found> {
  const ids = new SourceIds();
  const repeated = new Repeated();
  for await (const { text, line, index } of jsonElements(source.open(file), { arrays: ["annotations"] })) {
    try {
      const annotation = parseFields(text, "annotation");
      // Captions and keypoints have a file of this form too.
      if (isWithoutShape(annotation)) repeated.add("An annotation has neither a segmentation nor a box.", line);
      else {
        const object = objectOf(annotation, tables, file, ids.next(annotation.id, index));
        const isFrame = tables.pictures.get(idOf(annotation.image_id))?.frame !== undefined;
        const track = isFrame ? await tables.videos.trackOf(annotation) : undefined;
        yield track === undefined ? object : { ...object, track };
      }
    } catch (error) {
      yield problemOf(error, file, line);
    }
  }
  yield* repeated.problems(file);
}

const isWithoutShape = (annotation: Fields) =>
  !(annotation.segmentation instanceof Object) && boxIn(annotation, "bbox") === undefined;

function objectOf(annotation: Fields, { pictures, categories }: Tables, file: string, sourceId: string): FoundObject {
  const picture = pictures.get(idOf(annotation.image_id));
  if (!picture)
    throw new Unreadable(`The annotation's image_id ${String(annotation.image_id)} is no image of the file.`);
  const category = annotation.category_id;
  const label = categories.get(idOf(category));
  if (label === undefined && category !== undefined && category !== null) {
    throw new Unreadable(`The annotation's category_id ${String(category)} is no category of the file.`);
  }
  const own = annotation.attributes;
  const attributes = attributesIn(own);
  // CVAT and Datumaro call every mask a crowd; their attributes give them away.
  const isTheirs = isFields(own) && "occluded" in own;
  if (Number(annotation.iscrowd) === 1 && !isTheirs) attributes.iscrowd = "1";
  return {
    kind: "object",
    picture: picture.name,
    rle: maskIn(annotation, picture.width, picture.height),
    ...(label !== undefined && { label }),
    attributes,
    ...scoresIn(annotation),
    file,
    sourceId,
    ...ownId(annotation.id),
  };
}

function maskIn(annotation: Fields, width: number, height: number): Mask {
  const { segmentation } = annotation;
  if (isFields(segmentation)) return rleMask(listIn(segmentation, "size"), segmentation.counts, width, height);
  const polygons = Array.isArray(segmentation) ? polygonsOf(segmentation) : [];
  if (polygons.length > 0) return polygonMask(polygons, width, height);
  const [x, y, boxWidth, boxHeight] = boxIn(annotation, "bbox") ?? [];
  if (x === undefined || y === undefined || boxWidth === undefined || boxHeight === undefined) {
    throw new Unreadable("The annotation's segmentation is empty, and it has no box.");
  }
  return boxMask(x, y, boxWidth, boxHeight, width, height);
}

/** A list of polygons, or one as it is; an empty one stands for a box. */
function polygonsOf(segmentation: readonly unknown[]): number[][] {
  const lists = segmentation.every((one) => typeof one === "number") ? [segmentation] : segmentation;
  const polygons = lists.map((list) => {
    if (!Array.isArray(list)) throw new Unreadable("The annotation's segmentation is no list of polygons.");
    // Points as pairs, as some write them.
    const numbers = list.flat();
    if (!numbers.every((number) => typeof number === "number"))
      throw new Unreadable("A polygon holds something that is no number.");
    return numbers as number[];
  });
  return polygons.filter(({ length }) => length > 0);
}
