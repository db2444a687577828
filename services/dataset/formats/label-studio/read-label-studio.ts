import { decodeLabelStudioRle } from "../../../../proto/index.js";
import {
  attributesIn,
  type Fields,
  fieldsOf,
  finiteNumber,
  isFields,
  listIn,
  numberIn,
  parseFields,
} from "../parse/fields.js";
import { grouped } from "../parse/grouped.js";
import { jsonElements } from "../parse/json-elements.js";
import { problemOf, Repeated, Unreadable } from "../parse/unreadable.js";
import { type FoundPictures, isPictureFile } from "../pictures/found-pictures.js";
import { baseOf } from "../pictures/plain-name.js";
import { splitNamed } from "../pictures/split-of.js";
import { boxMask, checkSize, ellipseMask, maskOf, polygonMask } from "../shapes/shapes.js";
import { ownId, SourceIds } from "../shapes/source-ids.js";
import type { Found, FoundObject, FoundPicture, Mask, Source } from "../types.js";

/** Label Studio's JSON: a list of tasks, sizes in percent. Of a task's annotations the ground truth counts, or the last one. */
export async function* readLabelStudio(source: Source, file: string, pictures: FoundPictures): AsyncGenerator<Found> {
  const repeated = new Repeated();
  const ids = new SourceIds();
  try {
    for await (const { text, line, index } of jsonElements(source.open(file), { arrays: [""] })) {
      try {
        yield* readTask(parseFields(text, "task"), { file, line, index, pictures, ids, repeated });
      } catch (error) {
        yield problemOf(error, file, line);
      }
    }
  } catch (error) {
    yield problemOf(error, file);
  }
  yield* repeated.problems(file);
}

interface Place {
  readonly file: string;
  readonly line: number;
  readonly index: number;
  readonly pictures: FoundPictures;
  readonly ids: SourceIds;
  readonly repeated: Repeated;
}

/** Of a region, as it tells it from others. */
const longestId = 100;

function* readTask(task: Fields, place: Place): Generator<Found> {
  const { file, line, index, pictures, ids, repeated } = place;
  const data = fieldsOf(task.data, "task's data");
  const results = resultsOf(task, repeated, line);
  const sized = results.find(({ original_width }) => finiteNumber(original_width) !== undefined);
  const [picture, isNew] = pictures.add({
    name: pictureName(data, pictures, file),
    by: file,
    ...(sized && {
      width: numberIn(sized, "original_width", "result"),
      height: numberIn(sized, "original_height", "result"),
    }),
    ...(typeof data.split === "string" && data.split !== "" && { split: splitNamed(data.split) }),
    attributes: attributesIn(isFields(task.meta) ? task.meta.attributes : undefined),
  });
  if (isNew) yield picture;
  const taskId = ids.next(task.id, index);
  const regionOf = (result: Fields | undefined, at: number) => String(result?.id ?? `@${at}`);
  for (const [at, parts] of grouped(results, regionOf).entries()) {
    try {
      const id = regionOf(parts[0], at);
      const region = id.length <= longestId ? id : `@${at}`;
      const object = objectOf(parts, picture, repeated, line);
      if (object) yield { ...object, file, sourceId: `${taskId}/${region}`, ...ownId(parts[0]?.id) };
    } catch (error) {
      yield problemOf(error, file, line);
    }
  }
}

/** Models' predictions only where no person has annotated. */
function resultsOf(task: Fields, repeated: Repeated, line: number): Fields[] {
  const kept = listIn(task, "annotations")
    .filter(isFields)
    .filter((one) => one.was_cancelled !== true);
  if (kept.length > 1)
    repeated.add("A task has several annotations: its ground truth is read, or else the last one.", line);
  const predictions = listIn(task, "predictions").filter(isFields);
  const chosen = kept.find((one) => one.ground_truth === true) ?? kept.at(-1) ?? predictions.at(-1);
  return chosen ? listIn(chosen, "result").filter(isFields) : [];
}

/** Of what was uploaded, Label Studio has put eight digits before the name. */
function pictureName(data: Fields, pictures: FoundPictures, by: string): string {
  const texts = Object.values(data).filter((value) => typeof value === "string");
  const path = typeof data.image === "string" ? data.image : texts.find((text) => isPictureFile(withoutQuery(text)));
  if (path === undefined) throw new Unreadable("The task's data names no picture.");
  const local = /[?&]d=([^&]+)/.exec(path)?.[1];
  const plain = decoded(local ?? withoutQuery(path).replace(/^[a-z0-9+.-]+:\/\/[^/]+\//i, ""));
  const isUpload = /(^|\/)data\/upload\//.test(plain);
  const name = isUpload ? baseOf(plain) : plain.replace(/^\/?images\//, "");
  if (!isUpload || pictures.has(name, by)) return name;
  return name.replace(/^[0-9a-f]{8}-/, "");
}

const withoutQuery = (path: string) => path.replace(/[?#].*$/, "");

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** One region: its shape, its labels and what else was asked about it, each a result of the same id. */
function objectOf(
  parts: readonly Fields[],
  picture: FoundPicture,
  repeated: Repeated,
  line: number,
): Omit<FoundObject, "file" | "sourceId"> | undefined {
  const values = parts.map((part) => (isFields(part.value) ? part.value : {}));
  const at = values.findIndex(hasShape);
  if (at < 0) {
    const type = String(parts[0]?.type);
    repeated.add(`A result of the type "${type}" has no pixels.`, line);
    return undefined;
  }
  const shape = parts[at]!;
  if ((finiteNumber(shape.image_rotation) ?? 0) !== 0) {
    throw new Unreadable("The picture was turned in Label Studio, and the region is of the turned one.");
  }
  const [label, ...others] = new Set(values.flatMap(labelsIn));
  const width = numberIn(shape, "original_width", "result");
  const height = numberIn(shape, "original_height", "result");
  const score = finiteNumber(shape.score);
  return {
    kind: "object",
    picture: picture.name,
    rle: maskIn(values[at]!, width, height),
    ...(label !== undefined && { label }),
    attributes: {
      ...attributesIn(isFields(shape.meta) ? shape.meta.attributes : undefined),
      ...(others.length > 0 && { labels: [label, ...others].join(", ") }),
      ...(score !== undefined && { score: String(score) }),
    },
  };
}

const hasShape = (value: Fields) =>
  Array.isArray(value.rle) || Array.isArray(value.points) || "radiusX" in value || "width" in value;

const labelKeys = ["brushlabels", "polygonlabels", "rectanglelabels", "ellipselabels", "labels"];

const labelsIn = (value: Fields) =>
  labelKeys
    .flatMap((key) => listIn(value, key))
    .filter((label): label is string => typeof label === "string" && label !== "");

function maskIn(value: Fields, width: number, height: number): Mask {
  const number = (key: string, side: number) => (numberIn(value, key, "region") / 100) * side;
  checkSize(width, height);
  if (Array.isArray(value.rle)) return maskOf(decodeLabelStudioRle(value.rle, width, height));
  if (Array.isArray(value.points)) {
    const points = value.points.flatMap((point) => {
      const [x, y] = Array.isArray(point) ? point.map(finiteNumber) : [];
      if (x === undefined || y === undefined) throw new Unreadable("The region has a point that is none.");
      return [(x / 100) * width, (y / 100) * height];
    });
    return polygonMask([points], width, height);
  }
  const turn = finiteNumber(value.rotation) ?? 0;
  const [x, y] = [number("x", width), number("y", height)];
  if ("radiusX" in value) {
    if (turn !== 0) throw new Unreadable("The ellipse is turned, which is not read.");
    return ellipseMask([x, y, number("radiusX", width), number("radiusY", height)], width, height);
  }
  const [boxWidth, boxHeight] = [number("width", width), number("height", height)];
  if (turn === 0) return boxMask(x, y, boxWidth, boxHeight, width, height);
  // Clockwise around its first corner.
  const [cos, sin] = [Math.cos((turn * Math.PI) / 180), Math.sin((turn * Math.PI) / 180)];
  const along = [boxWidth * cos, boxWidth * sin] as const;
  const down = [-boxHeight * sin, boxHeight * cos] as const;
  const corners = [
    x,
    y,
    x + along[0],
    y + along[1],
    x + along[0] + down[0],
    y + along[1] + down[1],
    x + down[0],
    y + down[1],
  ];
  return polygonMask([corners], width, height);
}
