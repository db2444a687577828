import type { Asked } from "../shared/adapter.js";
import { onPicture, type Picture } from "../shared/picture.js";

/*
 * What a page asks beside masks, by `context.event`, as the newer example of an interactive backend defines it.
 */

/** What can be drawn, and the controls whose regions come of it. */
export const capabilities = {
  prompts: ["point", "box"],
  targets: [
    { tag: "BitmaskLabels", output: "mask" },
    { tag: "RectangleLabels", output: "bbox" },
    { tag: "PolygonLabels", output: "polygon" },
  ],
};

/** Has a picture encoded before anybody clicks in it: it is the only frame that there is. */
export async function prewarm(asked: Asked, picture: Picture) {
  await onPicture(asked, picture, (imageId) => asked.ask.openImage({ imageId, model: "" }, asked.call));
  return { status: "ok", cached: [0], pending: [], frame_count: 1 };
}

/** An answer that is no region. The example's document has its value in one place, its code in the other: here it is in both. */
export function eventAnswer(type: string, value: object, at: { from_name?: string; to_name?: string } = {}) {
  return { result: [{ id: type, ...at, type, origin: "manual", value }], score: 0, value };
}
