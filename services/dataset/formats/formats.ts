import { AnnotationFormat } from "../../../proto/index.js";
import { readCoco } from "./coco/read-coco.js";
import { writeCoco } from "./coco/write-coco.js";
import { readCvat } from "./cvat/read-cvat.js";
import { writeCvat } from "./cvat/write-cvat.js";
import { readDatumaro } from "./datumaro/read-datumaro.js";
import { writeDatumaro } from "./datumaro/write-datumaro.js";
import { readDavis } from "./davis/read-davis.js";
import { writeDavis } from "./davis/write-davis.js";
import { type Annotations, findAnnotations } from "./detect.js";
import { readLabelStudio } from "./label-studio/read-label-studio.js";
import { writeLabelStudio } from "./label-studio/write-label-studio.js";
import { readLabelMe } from "./labelme/read-labelme.js";
import { writeLabelMe } from "./labelme/write-labelme.js";
import { writeMots } from "./mots/write-mots.js";
import { plainFound } from "./parse/plain-found.js";
import { FoundPictures } from "./pictures/found-pictures.js";
import type { SizeOf } from "./pictures/picture-size.js";
import { readPng } from "./png/read-png.js";
import { writePng } from "./png/write-png.js";
import { readSa1b } from "./sa1b/read-sa1b.js";
import { writeSa1b } from "./sa1b/write-sa1b.js";
import type { ExportOptions, ExportSet, Found, Sink, Source } from "./types.js";
import { readYolo } from "./yolo/read-yolo.js";
import { writeYolo } from "./yolo/write-yolo.js";
import { readYoutubeVis } from "./youtube-vis/read-youtube-vis.js";
import { writeYoutubeVis } from "./youtube-vis/write-youtube-vis.js";

interface ReadOptions {
  /** None: it is found out. */
  readonly format?: AnnotationFormat;
  /** Of pictures that are annotated and not here. */
  readonly sizeOf?: SizeOf;
}

/**
 * The pictures and objects in a source, of one format or the wanted one: the same ones in the same order each time. Pictures that no
 * annotation mentions come last.
 * @throws Unreadable, before the first, when there are annotations of several formats or none of the wanted one; what the source throws.
 */
export async function* readAnnotations(source: Source, options: ReadOptions = {}): AsyncGenerator<Found> {
  const annotations = await findAnnotations(source, options.format);
  const isMasks = annotations?.format === AnnotationFormat.PNG || annotations?.format === AnnotationFormat.DAVIS;
  const masks = new Set(isMasks ? annotations.files : []);
  const pictures = new FoundPictures(source, (path) => masks.has(path));
  for (const problem of source.problems) yield plainFound(problem);
  if (annotations) {
    const all = read(source, annotations, pictures, options.sizeOf ?? unknownSize);
    for await (const found of all) yield plainFound(found);
  }
  for (const found of pictures.rest()) yield plainFound(found);
}

const unknownSize: SizeOf = async () => undefined;

async function* read(
  source: Source,
  { format, files }: Annotations,
  pictures: FoundPictures,
  sizeOf: SizeOf,
): AsyncGenerator<Found> {
  switch (format) {
    case AnnotationFormat.YOLO:
      return yield* readYolo(source, files, pictures, sizeOf);
    case AnnotationFormat.PNG:
      return yield* readPng(source, files, pictures);
    case AnnotationFormat.DAVIS:
      return yield* readDavis(source, files, pictures);
    case AnnotationFormat.UNSPECIFIED:
    case AnnotationFormat.MOTS:
      return;
    default:
      for (const file of files) yield* readers[format](source, file, pictures, sizeOf);
  }
}

/** Of formats whose files stand by themselves. */
const readers = {
  [AnnotationFormat.COCO]: readCoco,
  [AnnotationFormat.SA1B]: readSa1b,
  [AnnotationFormat.LABELME]: readLabelMe,
  [AnnotationFormat.CVAT]: readCvat,
  [AnnotationFormat.LABEL_STUDIO]: readLabelStudio,
  [AnnotationFormat.DATUMARO]: readDatumaro,
  [AnnotationFormat.YOUTUBE_VIS]: readYoutubeVis,
};

/**
 * Writes a set's pictures and objects. The sink is not finished: more may be added.
 * @returns what the format could not say as it was, each a sentence.
 */
export async function writeAnnotations(
  format: Exclude<AnnotationFormat, AnnotationFormat.UNSPECIFIED>,
  set: ExportSet,
  sink: Sink,
  options: ExportOptions = {},
): Promise<string[]> {
  if (format === AnnotationFormat.COCO) return writeCoco(set, sink, options.coco ?? "rle");
  return writers[format](set, sink);
}

const writers = {
  [AnnotationFormat.SA1B]: writeSa1b,
  [AnnotationFormat.LABELME]: writeLabelMe,
  [AnnotationFormat.YOLO]: writeYolo,
  [AnnotationFormat.PNG]: writePng,
  [AnnotationFormat.CVAT]: writeCvat,
  [AnnotationFormat.LABEL_STUDIO]: writeLabelStudio,
  [AnnotationFormat.DATUMARO]: writeDatumaro,
  [AnnotationFormat.YOUTUBE_VIS]: writeYoutubeVis,
  [AnnotationFormat.DAVIS]: writeDavis,
  [AnnotationFormat.MOTS]: writeMots,
};
