import { InvalidArgumentError } from "commander";
import { AnnotationFormat, CocoForm } from "../../../../proto/index.js";

/** As people write them. */
export const formats: Readonly<Record<string, AnnotationFormat>> = {
  coco: AnnotationFormat.COCO,
  sa1b: AnnotationFormat.SA1B,
  labelme: AnnotationFormat.LABELME,
  yolo: AnnotationFormat.YOLO,
  png: AnnotationFormat.PNG,
  cvat: AnnotationFormat.CVAT,
  "label-studio": AnnotationFormat.LABEL_STUDIO,
  datumaro: AnnotationFormat.DATUMARO,
  "youtube-vis": AnnotationFormat.YOUTUBE_VIS,
  davis: AnnotationFormat.DAVIS,
  mots: AnnotationFormat.MOTS,
};

export const cocoForms: Readonly<Record<string, CocoForm>> = {
  rle: CocoForm.RLE,
  polygons: CocoForm.POLYGONS,
  counts: CocoForm.COUNTS,
};

const reader =
  <Value>(words: Readonly<Record<string, Value>>) =>
  (text: string): Value => {
    const value = Object.hasOwn(words, text) ? words[text] : undefined;
    if (value !== undefined) return value;
    throw new InvalidArgumentError(`Expected one of ${Object.keys(words).join(", ")}.`);
  };

/** @throws InvalidArgumentError */
export const parseFormat = reader(formats);
/** @throws InvalidArgumentError */
export const parseCocoForm = reader(cocoForms);
