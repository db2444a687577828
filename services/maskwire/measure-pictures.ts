import type { Measure } from "../dataset/measure.js";
import { OnDemand } from "../dataset/on-demand.js";
import { PictureProcesses } from "../encoder/pictures/picture-processes.js";

interface MeasureOptions {
  limits: { maxImageBytes: number; maxImagePixels: number };
  /** Of the process that decodes. */
  memoryBytes: number;
  pictureMs: number;
}

/** No model's frame: nobody looks at the pixels. */
const rules = { size: 64, resize: "letterbox" } as const;

/**
 * Pictures are decoded as they are for an encode, in a process of their own that is started with the first: a file that brings it
 * down costs that picture and no more. It gives way to all else.
 */
export function measurePictures({
  limits,
  memoryBytes,
  pictureMs,
}: MeasureOptions): { measure: Measure } & AsyncDisposable {
  const processes = new OnDemand(async () => {
    const started = await PictureProcesses.start({ count: 1, decodeBytes: memoryBytes, pictureMs, yields: true });
    return { started, [Symbol.asyncDispose]: () => started.close() };
  });
  return {
    measure: async (bytes, { caller, tenant }) => {
      const { started } = await processes.get();
      const { width, height, reading } = await started.read(
        [bytes],
        { limits: { ...limits }, rules },
        { caller, tenant },
      );
      const { bands = [], range, ...rest } = reading;
      return { width, height, reading: { ...rest, bands, ...(range ? { range } : {}) } };
    },
    [Symbol.asyncDispose]: () => processes.close(),
  };
}
