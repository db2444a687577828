import { maskOn, type Track, type TrackedObject } from "../state/track.js";

interface CocoVideo {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly frames: readonly { readonly name: string; readonly timeMs: number | undefined }[];
}

const unnamed = "object";

/** COCO's file of a whole video: an annotation an object and frame, joined by `track_id`; objects of one name are of one category. */
export function cocoOfVideo({ name, width, height, frames }: CocoVideo, { objects }: Track): string {
  const categoryOf = (object: TrackedObject) => object.name ?? unnamed;
  const categories = [...new Set(objects.map(categoryOf))];
  const annotations = frames.flatMap((_, frame) =>
    objects.flatMap((object) => {
      const mask = maskOn(object, frame);
      if (mask?.rle === undefined || mask.area === 0) return [];
      const { x = 0, y = 0, width: wide = 0, height: high = 0 } = mask.bbox ?? {};
      return [
        {
          image_id: frame + 1,
          category_id: categories.indexOf(categoryOf(object)) + 1,
          track_id: object.id,
          segmentation: { size: [...mask.rle.size], counts: mask.rle.counts },
          area: mask.area,
          bbox: [x, y, wide, high],
          iscrowd: 0,
        },
      ];
    }),
  );
  return JSON.stringify({
    info: { description: `Objects of ${name}` },
    images: frames.map((frame, at) => ({
      id: at + 1,
      file_name: frame.name,
      width,
      height,
      frame_index: at,
      ...(frame.timeMs !== undefined && { timestamp_ms: frame.timeMs }),
    })),
    annotations: annotations.map((one, at) => ({ id: at + 1, ...one })),
    categories: categories.map((category, at) => ({ id: at + 1, name: category })),
  });
}
