import { isExactly, pixelRings } from "../../proto/index.js";
import type { Taken, TakenPicture } from "./taken.js";

type Segmentation = number[][] | { size: [height: number, width: number]; counts: string };

/** A data set of one picture, as https://cocodataset.org/#format-data has it. */
interface CocoDataset {
  info: { description: string };
  images: { id: number; file_name: string; width: number; height: number }[];
  annotations: {
    id: number;
    image_id: number;
    category_id: number;
    segmentation: Segmentation;
    area: number;
    bbox: [x: number, y: number, width: number, height: number];
    iscrowd: 0;
  }[];
  categories: { id: number; name: string; supercategory: string }[];
}

const imageId = 1;
/** The category of objects that nobody has named. */
const unnamed = "object";

/**
 * Objects of one name are of one category. Their segmentation is polygons along the pixels' edges, except where COCO's
 * readers would make another mask of those, as of an object with holes: that is written as run lengths. Either way it has
 * exactly the pixels that area and box tell of.
 */
export function cocoOf({ name, width, height }: TakenPicture, objects: readonly Taken[]): CocoDataset {
  const categoryOf = (object: Taken) => (object.isNamed ? object.name : unnamed);
  const categories = [...new Set(objects.map(categoryOf))];
  return {
    info: { description: `Objects of ${name}` },
    images: [{ id: imageId, file_name: name, width, height }],
    annotations: objects.map((object) => ({
      id: object.id,
      image_id: imageId,
      category_id: categories.indexOf(categoryOf(object)) + 1,
      segmentation: segmentationOf(object),
      area: object.mask.area,
      bbox: [object.box.x, object.box.y, object.box.width, object.box.height],
      iscrowd: 0,
    })),
    categories: categories.map((category, at) => ({ id: at + 1, name: category, supercategory: unnamed })),
  };
}

function segmentationOf(object: Taken): Segmentation {
  const rings = pixelRings(object.runs);
  return isExactly(rings, object.runs) ? rings : rleOf(object);
}

/** The mask as pycocotools reads it. */
export function rleOf({ mask, runs }: Taken): { size: [height: number, width: number]; counts: string } {
  return { size: [runs.height, runs.width], counts: mask.rle?.counts ?? "" };
}
