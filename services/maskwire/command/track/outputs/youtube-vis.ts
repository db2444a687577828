import type { Size, TrackedFrame } from "./tracked-frames.js";

/**
 * YouTube-VIS's file of one video: an annotation an object, with a mask, an area and a box a frame, null where it is not to be seen.
 */
export function youtubeVisOf(frames: readonly TrackedFrame[], { width, height }: Size): string {
  const objects = new Set(frames.flatMap(({ masks }) => (masks?.objects ?? []).map(({ object }) => object)));
  const annotations = [...objects]
    .sort((a, b) => a - b)
    .map((object, at) => {
      const found = frames.map(({ masks }) => {
        const mask = masks?.objects.find((one) => one.object === object)?.mask;
        return mask?.rle && mask.area > 0 ? mask : undefined;
      });
      return {
        id: at + 1,
        video_id: 1,
        category_id: 1,
        track_id: object,
        iscrowd: 0,
        width,
        height,
        length: frames.length,
        segmentations: found.map((mask) => (mask?.rle ? { size: mask.rle.size, counts: mask.rle.counts } : null)),
        areas: found.map((mask) => mask?.area ?? null),
        bboxes: found.map((mask) =>
          mask?.bbox ? [mask.bbox.x, mask.bbox.y, mask.bbox.width, mask.bbox.height] : null,
        ),
      };
    })
    .filter(({ areas }) => areas.some((area) => area !== null));
  return JSON.stringify({
    info: { description: "Objects followed through a video by Maskwire" },
    licenses: [],
    videos: [{ id: 1, width, height, length: frames.length, file_names: frames.map(({ name }) => name) }],
    categories: [{ id: 1, name: "object", supercategory: "object" }],
    annotations,
  });
}
