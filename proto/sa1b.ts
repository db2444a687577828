import type { Annotation } from "./gen/maskwire/v1/everything_pb.js";
import type { ImageInfo } from "./gen/maskwire/v1/image_pb.js";

/** An annotation as the SA-1B data set writes it: segmentation as COCO RLE, boxes as [x, y, width, height]. */
export interface Sa1bAnnotation {
  id: number;
  segmentation: { size: [height: number, width: number]; counts: string };
  bbox: [x: number, y: number, width: number, height: number];
  area: number;
  predicted_iou: number;
  stability_score: number;
  point_coords: [x: number, y: number][];
  crop_box: [x: number, y: number, width: number, height: number];
}

/** A picture's file of the SA-1B data set. */
export interface Sa1bRecord {
  image: { image_id: string; width: number; height: number; file_name: string };
  annotations: Sa1bAnnotation[];
}

export function sa1bAnnotation({ id, mask, point, cropBox }: Annotation): Sa1bAnnotation {
  const box = (from: { x: number; y: number; width: number; height: number } | undefined) =>
    [from?.x ?? 0, from?.y ?? 0, from?.width ?? 0, from?.height ?? 0] as Sa1bAnnotation["bbox"];
  const [height = 0, width = 0] = mask?.rle?.size ?? [];
  return {
    id,
    segmentation: { size: [height, width], counts: mask?.rle?.counts ?? "" },
    bbox: box(mask?.bbox),
    area: mask?.area ?? 0,
    predicted_iou: mask?.predictedIou ?? 0,
    stability_score: mask?.stabilityScore ?? 0,
    point_coords: point ? [[point.x ?? 0, point.y ?? 0]] : [],
    crop_box: box(cropBox),
  };
}

export function sa1bRecord(image: ImageInfo, fileName: string, annotations: Annotation[]): Sa1bRecord {
  const { imageId, width, height } = image;
  return {
    image: { image_id: imageId, width, height, file_name: fileName },
    annotations: annotations.map(sa1bAnnotation),
  };
}
