import { basename, extname } from "node:path";
import type { FrameMasks, Rle } from "../../../../../proto/index.js";
import { encodePng } from "../../../../dataset/formats/png/encode-png.js";
import { vocPalette } from "../../../../dataset/formats/png/voc-colours.js";
import { objectIndices } from "./object-indices.js";
import type { MadeFile, Size, TrackedFrame } from "./tracked-frames.js";

/**
 * A frame's file.
 * davis: a palette PNG, the index is the object's number. colmap and nerfstudio: grey, 255 on the objects and 0, which they ignore,
 * elsewhere; every frame has one, as they want it.
 */
export async function frameFile(
  layout: "davis" | "colmap" | "nerfstudio",
  name: string,
  frame: FrameMasks | undefined,
  size: Size,
): Promise<MadeFile> {
  const stem = basename(name, extname(name));
  const indices = objectIndices(frame, size);
  const { width, height } = size;
  if (layout === "davis") {
    return { path: `${stem}.png`, data: await encodePng(Uint8Array.from(indices), width, height, vocPalette) };
  }
  const white = Uint8Array.from(indices, (object) => (object > 0 ? 255 : 0));
  return {
    path: layout === "colmap" ? `${name}.png` : `masks/${stem}.png`,
    data: await encodePng(white, width, height),
  };
}

/** COCO's file of the whole video: an annotation an object and frame, which `track_id` joins. */
export function cocoOf(frames: readonly TrackedFrame[], { width, height }: Size): string {
  const annotations = frames.flatMap(({ masks }, frame) =>
    (masks?.objects ?? []).flatMap(({ object, mask, agreement }) =>
      mask?.rle && mask.area > 0
        ? [
            {
              image_id: frame + 1,
              category_id: 1,
              track_id: object,
              segmentation: { size: mask.rle.size, counts: mask.rle.counts },
              area: mask.area,
              bbox: boxOf(mask),
              iscrowd: 0,
              score: agreement,
            },
          ]
        : [],
    ),
  );
  return JSON.stringify({
    info: { description: "Objects followed through a video by Maskwire" },
    licenses: [],
    images: frames.map(({ name }, frame) => ({ id: frame + 1, file_name: name, width, height, frame_index: frame })),
    annotations: annotations.map((one, at) => ({ id: at + 1, ...one })),
    categories: [{ id: 1, name: "object" }],
  });
}

function boxOf({
  bbox,
}: {
  bbox?: { x: number; y: number; width: number; height: number } | undefined;
  rle?: Rle | undefined;
}) {
  return bbox ? [bbox.x, bbox.y, bbox.width, bbox.height] : [0, 0, 0, 0];
}
