import type { SegmentRequest } from "./gen/maskwire/v1/decoder_pb.js";
import { DetailMode } from "./gen/maskwire/v1/detail_pb.js";
import type { BoundingBox } from "./gen/maskwire/v1/mask_pb.js";

/* When `DetailMode.AUTO` asks for detail: a gateway goes by it, and a page that decodes by itself asks no gateway where it would not. */

/** An object whose longer side is a smaller share of the picture's is small in it. */
const smallShare = 0.15;
/** Who sees less than this share of the picture's longer side has zoomed in. */
const zoomedShare = 0.5;

interface PictureSize {
  readonly width: number;
  readonly height: number;
}

/** Whether any of its answers may be made finer. Words name several objects, each somewhere else. */
export const mayWantDetail = ({ detail, prompt }: Pick<SegmentRequest, "detail" | "prompt">) =>
  (detail === DetailMode.AUTO || detail === DetailMode.ALWAYS) && !prompt?.text;

/** Whether the masks of an answer are to be made finer, where they can be (Z2). @param box of the best of them. */
export function wantsDetail(request: SegmentRequest, box: BoundingBox, picture: PictureSize): boolean {
  if (request.detail !== DetailMode.AUTO) return request.detail === DetailMode.ALWAYS;
  return isRefinement(request) || isSmallObject(box, picture) || isZoomed(request, picture);
}

/** From an object's second click on. */
function isRefinement({ prompt }: SegmentRequest): boolean {
  const parts = (prompt?.points.length ?? 0) + (prompt?.box ? 1 : 0);
  return parts > 1 || prompt?.mask !== undefined;
}

export const isSmallObject = (box: BoundingBox, picture: PictureSize) =>
  Math.max(box.width, box.height) < smallShare * Math.max(picture.width, picture.height);

function isZoomed({ view }: SegmentRequest, picture: PictureSize): boolean {
  const { width = 0, height = 0 } = view ?? {};
  const seen = Math.max(width, height);
  return seen > 0 && seen < zoomedShare * Math.max(picture.width, picture.height);
}
