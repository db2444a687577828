import { AnnotationFormat } from "../../../proto/index.js";
import { davisMasks } from "./davis/davis-files.js";
import { isFields, parseJson } from "./parse/fields.js";
import { jsonElements } from "./parse/json-elements.js";
import { problemOf, Unreadable } from "./parse/unreadable.js";
import { pngMasks } from "./png/png-masks.js";
import type { Source } from "./types.js";
import { yoloFiles } from "./yolo/yolo-files.js";

/** Files of annotations, all of one format. */
export interface Annotations {
  readonly format: AnnotationFormat;
  readonly files: readonly string[];
}

/** Of so many alike the others are of the same format: a folder may have one for each of a million pictures. */
const enough = 50;
const ofOnePicture: readonly AnnotationFormat[] = [AnnotationFormat.SA1B, AnnotationFormat.LABELME];

/**
 * The annotations in a source, by what is in its files.
 * @param wanted the format that is meant; without it there may be one only.
 * @returns none where there are pictures alone.
 * @throws Unreadable when there are several, or none of the wanted one.
 */
export async function findAnnotations(source: Source, wanted?: AnnotationFormat): Promise<Annotations | undefined> {
  const found = new Map<AnnotationFormat, string[]>();
  const add = (format: AnnotationFormat, path: string) => {
    const files = found.get(format);
    if (files) files.push(path);
    else found.set(format, [path]);
  };
  const json = source.files.map(({ path }) => path).filter((path) => /\.json$/i.test(path));
  const first = await formatsOf(source, json.slice(0, enough));
  const [common] = first;
  const areAlike = common !== undefined && ofOnePicture.includes(common) && first.every((one) => one === common);
  const rest = areAlike ? json.slice(enough).map(() => common) : await formatsOf(source, json.slice(enough));
  const kinds = [...first, ...rest];
  for (const [at, path] of json.entries()) {
    const format = kinds[at];
    if (format !== undefined) add(format, path);
  }
  for (const { path } of source.files)
    if (/\.xml$/i.test(path) && (await isCvat(source, path))) add(AnnotationFormat.CVAT, path);
  const yolo = yoloFiles(source);
  if (yolo.length > 0) found.set(AnnotationFormat.YOLO, yolo);
  const davis = wanted === AnnotationFormat.PNG ? [] : davisMasks(source);
  if (davis.length > 0) found.set(AnnotationFormat.DAVIS, davis);
  const ofVideos = new Set(davis);
  const masks = pngMasks(source, wanted === AnnotationFormat.PNG).filter((path) => !ofVideos.has(path));
  if (masks.length > 0) found.set(AnnotationFormat.PNG, masks);
  return chosen(found, wanted);
}

function chosen(found: ReadonlyMap<AnnotationFormat, string[]>, wanted: AnnotationFormat | undefined) {
  if (wanted !== undefined) {
    const files = found.get(wanted);
    if (files) return { format: wanted, files };
    const others = [...found.keys()].map(nameOf).sort().join(" and ");
    const instead = others === "" ? "no annotations" : `annotations of ${others}`;
    throw new Unreadable(`There are no annotations of ${nameOf(wanted)} in it, but ${instead}.`);
  }
  const [one, ...others] = [...found];
  if (one === undefined) return undefined;
  if (others.length > 0) {
    const names = [...found.keys()].map(nameOf).sort().join(" and ");
    throw new Unreadable(`There are annotations of ${names} in it; say which of them to read.`);
  }
  const [format, files] = one;
  return { format, files };
}

const names: Readonly<Record<AnnotationFormat, string>> = {
  [AnnotationFormat.UNSPECIFIED]: "no format",
  [AnnotationFormat.COCO]: "COCO",
  [AnnotationFormat.SA1B]: "SA-1B",
  [AnnotationFormat.LABELME]: "LabelMe",
  [AnnotationFormat.YOLO]: "YOLO",
  [AnnotationFormat.PNG]: "PNG masks",
  [AnnotationFormat.CVAT]: "CVAT",
  [AnnotationFormat.LABEL_STUDIO]: "Label Studio",
  [AnnotationFormat.DATUMARO]: "Datumaro",
  [AnnotationFormat.YOUTUBE_VIS]: "YouTube-VIS",
  [AnnotationFormat.DAVIS]: "DAVIS",
  [AnnotationFormat.MOTS]: "MOTS",
};

const nameOf = (format: AnnotationFormat) => names[format];

async function formatsOf(source: Source, paths: readonly string[]): Promise<(AnnotationFormat | undefined)[]> {
  const formats = [];
  for (const path of paths) formats.push(await jsonFormat(source, path));
  return formats;
}

/** None of what is no JSON, or JSON of something else. */
async function jsonFormat(source: Source, path: string): Promise<AnnotationFormat | undefined> {
  // COCO has them too, beside its images.
  let hasVideos = false;
  try {
    for await (const { key, text = "" } of jsonElements(source.open(path), { keys: true, arrays: [""] })) {
      if (key === "") return isTask(text) ? AnnotationFormat.LABEL_STUDIO : undefined;
      const format = byKey[`${key}${text}`];
      if (format !== undefined) return format;
      hasVideos ||= `${key}${text}` === "videos[";
    }
  } catch (error) {
    problemOf(error, path);
  }
  return hasVideos ? AnnotationFormat.YOUTUBE_VIS : undefined;
}

/** A key with the first character of its value tells formats apart. */
const byKey: Readonly<Record<string, AnnotationFormat>> = {
  "images[": AnnotationFormat.COCO,
  "image{": AnnotationFormat.SA1B,
  "shapes[": AnnotationFormat.LABELME,
  "items[": AnnotationFormat.DATUMARO,
  "categories{": AnnotationFormat.DATUMARO,
};

function isTask(text: string): boolean {
  const task = parseJson(text, "first element");
  return isFields(task) && isFields(task.data);
}

const headBytes = 2 ** 13;

/** CVAT's files have it as their root. */
async function isCvat(source: Source, path: string): Promise<boolean> {
  let head = "";
  for await (const chunk of source.open(path)) {
    head += Buffer.from(chunk).toString("latin1");
    if (head.length >= headBytes) break;
  }
  const [, root] = /<([A-Za-z_][\w.-]*)/.exec(head.slice(0, headBytes).replace(/<!--[\s\S]*?-->/g, "")) ?? [];
  return root === "annotations";
}
