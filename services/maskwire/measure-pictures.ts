import type { Measure } from "../dataset/measure.js";
import { OnDemand } from "../dataset/on-demand.js";
import type { MakeThumbnail } from "../dataset/thumbnails/thumbnails.js";
import { PictureProcesses } from "../encoder/pictures/picture-processes.js";

interface MeasureOptions {
  limits: { maxImageBytes: number; maxImagePixels: number };
  /** Of the process that decodes. */
  memoryBytes: number;
  pictureMs: number;
}

/** No model's frame. @param size pixels of the longer side. */
const fitting = (size: number) => ({ size, resize: "letterbox" }) as const;
/** Where nobody looks at the pixels. */
const anySize = fitting(64);
/** As small as may be in little time, and still good to look at. */
const webp = { quality: 78, effort: 3, smartSubsample: true };

/**
 * Pictures are decoded as they are for an encode, in a process of their own that is started with the first: a file that brings it
 * down costs that picture and no more. It gives way to all else.
 */
export function measurePictures({
  limits,
  memoryBytes,
  pictureMs,
}: MeasureOptions): { measure: Measure; thumbnail: MakeThumbnail } & AsyncDisposable {
  const processes = new OnDemand(async () => {
    const started = await PictureProcesses.start({ count: 1, decodeBytes: memoryBytes, pictureMs, yields: true });
    return { started, [Symbol.asyncDispose]: () => started.close() };
  });
  const read: typeof PictureProcesses.prototype.read = async (...given) =>
    (await processes.get()).started.read(...given);
  return {
    measure: async (bytes, { caller, tenant }) => {
      const request = { limits: { ...limits }, rules: anySize };
      const { width, height, reading } = await read([bytes], request, { caller, tenant });
      const { bands = [], range, ...rest } = reading;
      return { width, height, reading: { ...rest, bands, ...(range ? { range } : {}) } };
    },
    thumbnail: async (bytes, side, { caller, tenant }) => {
      const { pixels } = await read([bytes], { limits: { ...limits }, rules: fitting(side) }, { caller, tenant });
      const { openPixels } = await import("../encoder/images/sharp.js");
      const { data, width, height, channels } = pixels;
      const file = await openPixels(data, width, height, channels as 1 | 2 | 3 | 4)
        .webp(webp)
        .toBuffer();
      return { file, mediaType: "image/webp", width, height };
    },
    [Symbol.asyncDispose]: () => processes.close(),
  };
}
