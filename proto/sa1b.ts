import type { Annotation } from "./gen/maskwire/v1/everything_pb.js";
import type { ImageInfo } from "./gen/maskwire/v1/image_pb.js";
import type { MaskBox } from "./rle.js";

/** An annotation as the SA-1B data set writes it: segmentation as COCO RLE, boxes as [x, y, width, height]. */
export interface Sa1bAnnotation {
  id: number;
  segmentation: { size: [height: number, width: number]; counts: string };
  /** From the first pixel's middle to the last one's: one less than COCO's, as in Meta's own records. */
  bbox: [x: number, y: number, width: number, height: number];
  area: number;
  predicted_iou: number;
  stability_score: number;
  point_coords: [x: number, y: number][];
  crop_box: [x: number, y: number, width: number, height: number];
}

/** A picture's file of the SA-1B data set. */
export interface Sa1bRecord {
  image: { image_id: number; width: number; height: number; file_name: string };
  annotations: Sa1bAnnotation[];
}

export function sa1bAnnotation({ id, mask, point, cropBox }: Annotation): Sa1bAnnotation {
  const [height = 0, width = 0] = mask?.rle?.size ?? [];
  return {
    id,
    segmentation: { size: [height, width], counts: mask?.rle?.counts ?? "" },
    bbox: sa1bBox(mask?.bbox),
    area: mask?.area ?? 0,
    predicted_iou: mask?.predictedIou ?? 0,
    stability_score: mask?.stabilityScore ?? 0,
    point_coords: point ? [[point.x ?? 0, point.y ?? 0]] : [],
    crop_box: [cropBox?.x ?? 0, cropBox?.y ?? 0, cropBox?.width ?? 0, cropBox?.height ?? 0],
  };
}

/** Of a mask's box. */
export function sa1bBox(box: MaskBox | undefined): Sa1bAnnotation["bbox"] {
  const { x = 0, y = 0, width = 0, height = 0 } = box ?? {};
  return [x, y, Math.max(0, width - 1), Math.max(0, height - 1)];
}

export function sa1bRecord(image: ImageInfo, fileName: string, annotations: Annotation[]): Sa1bRecord {
  const { imageId, width, height } = image;
  return {
    image: { image_id: sa1bImageId(imageId), width, height, file_name: fileName },
    annotations: annotations.map(sa1bAnnotation),
  };
}

/**
 * The whole number that stands for a picture in a record by itself: the first 52 bits of its SHA-256, which JSON's readers keep
 * exactly. Two of a million pictures share one with a chance of one in nine thousand.
 */
export function sa1bImageId(imageId: string): number {
  return Number.parseInt(imageId.replace("sha256:", "").slice(0, 13), 16) || 0;
}

const floats: readonly string[] = [
  "bbox",
  "crop_box",
  "point_coords",
  "predicted_iou",
  "stability_score",
  "words_score",
] satisfies (keyof Sa1bAnnotation | "words_score")[];

/** JSON whose floats look like some: readers that know types take a score of `1` for a mistake, and want `1.0`. */
export function sa1bText(value: Sa1bRecord | Sa1bAnnotation): string {
  return textOf(value, false);
}

function textOf(value: unknown, isFloat: boolean): string {
  if (Array.isArray(value)) return `[${value.map((one) => textOf(one, isFloat)).join(",")}]`;
  if (typeof value === "object" && value !== null) {
    const fields = Object.entries(value).filter(([, field]) => field !== undefined);
    return `{${fields.map(([key, field]) => `${JSON.stringify(key)}:${textOf(field, floats.includes(key))}`).join(",")}}`;
  }
  const text = JSON.stringify(value);
  return isFloat && /^-?\d+$/.test(text) ? `${text}.0` : text;
}
