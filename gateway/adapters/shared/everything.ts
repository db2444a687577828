import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { type Mask, SegmentEverythingRequestSchema } from "../../../proto/index.js";
import type { Asked } from "./adapter.js";
import { onPicture, type Picture } from "./picture.js";

type Options = Omit<MessageInitShape<typeof SegmentEverythingRequestSchema>, "$typeName" | "imageId">;

/** One object that everything mode found. */
interface Found {
  readonly mask: Mask;
  readonly point: readonly [x: number, y: number];
  /** The part of the picture that was looked at: x, y, width, height. */
  readonly cropBox: readonly [number, number, number, number];
}

/** Every object of a picture, the largest first, those left out that a better one has replaced. @throws ServiceError of `ask.everything`. */
export async function everything(asked: Asked, picture: Picture, options: Options = {}): Promise<Found[]> {
  const { ask, call } = asked;
  const events = await onPicture(asked, picture, (imageId) =>
    ask.everything(create(SegmentEverythingRequestSchema, { ...options, imageId }), call),
  );
  const found = new Map<number, Found>();
  for await (const { event } of events) {
    if (event.case === "retracted") found.delete(event.value.id);
    if (event.case !== "found" || !event.value.mask) continue;
    const { id, mask, point, cropBox } = event.value;
    const box = [cropBox?.x ?? 0, cropBox?.y ?? 0, cropBox?.width ?? 0, cropBox?.height ?? 0] as const;
    found.set(id, { mask, point: [point?.x ?? 0, point?.y ?? 0], cropBox: box });
  }
  return [...found.values()].sort((a, b) => b.mask.area - a.mask.area);
}
