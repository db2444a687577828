import { AnnotationFormat } from "../../../proto/index.js";
import { words } from "../words/words.js";

export const formats: readonly (readonly [AnnotationFormat, string])[] = [
  [AnnotationFormat.COCO, words.formats.coco],
  [AnnotationFormat.SA1B, words.formats.sa1b],
  [AnnotationFormat.LABELME, words.formats.labelMe],
  [AnnotationFormat.YOLO, words.formats.yolo],
  [AnnotationFormat.PNG, words.formats.png],
  [AnnotationFormat.CVAT, words.formats.cvat],
  [AnnotationFormat.LABEL_STUDIO, words.formats.labelStudio],
  [AnnotationFormat.DATUMARO, words.formats.datumaro],
  [AnnotationFormat.YOUTUBE_VIS, words.formats.youtubeVis],
  [AnnotationFormat.DAVIS, words.formats.davis],
  [AnnotationFormat.MOTS, words.formats.mots],
];

/** MOTS is written only. */
export const readFormats = formats.filter(([format]) => format !== AnnotationFormat.MOTS);
