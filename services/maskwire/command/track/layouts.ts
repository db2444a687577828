import { basename, extname } from "node:path";
import { decodeRle, type FrameMasks, type Rle, rleToBitmap } from "../../../../proto/index.js";
import { encodePng } from "../../../dataset/formats/png/encode-png.js";
import { vocPalette } from "../../../dataset/formats/png/voc-colours.js";
import type { Layout } from "./layout-names.js";

interface Size {
  readonly width: number;
  readonly height: number;
}

/** A file to write, its path within the folder. */
interface MadeFile {
  readonly path: string;
  readonly data: Uint8Array | string;
}

/**
 * A frame's file; of `coco` none, which is one file of all.
 * davis: a palette PNG, the index is the object's number. colmap and nerfstudio: grey, 255 on the objects and 0, which they ignore,
 * elsewhere; every frame has one, as they want it.
 */
export async function frameFile(
  layout: Layout,
  name: string,
  frame: FrameMasks | undefined,
  size: Size,
): Promise<MadeFile | undefined> {
  const stem = basename(name, extname(name));
  switch (layout) {
    case "davis":
      return {
        path: `${stem}.png`,
        data: await encodePng(indices(frame, size, true), size.width, size.height, vocPalette),
      };
    case "colmap":
      return { path: `${name}.png`, data: await encodePng(indices(frame, size, false), size.width, size.height) };
    case "nerfstudio":
      return { path: `masks/${stem}.png`, data: await encodePng(indices(frame, size, false), size.width, size.height) };
    case "coco":
      return undefined;
  }
}

/** Row by row: the object's number, or 255 for any. */
function indices(frame: FrameMasks | undefined, { width, height }: Size, isNumbered: boolean): Uint8Array {
  const all = new Uint8Array(width * height);
  for (const { object, mask } of frame?.objects ?? []) {
    if (!mask?.rle) continue;
    const inside = rleToBitmap(decodeRle(mask.rle));
    for (let at = 0; at < all.length; at++) if (inside[at]) all[at] = isNumbered ? object : 255;
  }
  return all;
}

/** COCO's file of the whole video: an annotation an object and frame, which `track_id` joins. */
export function cocoOf(
  frames: readonly { readonly name: string; readonly masks: FrameMasks | undefined }[],
  { width, height }: Size,
): string {
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
