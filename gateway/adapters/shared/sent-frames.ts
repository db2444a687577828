import { Readable } from "node:stream";
import { EncodePriority } from "../../../proto/index.js";
import { describeError, isNotFound, ServiceError } from "../../../services/runtime/errors.js";
import type { VideoDeps } from "../../track/video.js";
import type { Asked } from "./adapter.js";
import type { Picture } from "./picture.js";

/**
 * A video's door to the other tiers where its frames came all at once. Each is sent to an encoder when its turn comes, and again when nobody has it any
 * more: nobody waits for all of them to be encoded.
 */
export function askWithFrames(ask: Asked["ask"], frames: readonly Picture[]): VideoDeps["ask"] {
  const numbers = new Map(frames.map(({ imageId }, number) => [imageId, number]));
  const openImage: VideoDeps["ask"]["openImage"] = async (image, call) => {
    try {
      return await ask.openImage(image, call);
    } catch (error) {
      if (!isNotFound(error)) throw error;
      const { imageId, model, priority = EncodePriority.INTERACTIVE } = image;
      const number = numbers.get(imageId);
      const frame = number === undefined ? undefined : frames[number];
      if (!frame) throw error;
      const { pieces, bytes } = await frame.file();
      const upload = { header: { imageId, model, priority }, bytes: Readable.from(pieces), announcedBytes: bytes };
      return ask.upload(upload, call).catch((refused: unknown) => {
        throw ofFrame(refused, number ?? 0);
      });
    }
  };
  const orSent = async <Result>(
    question: () => Promise<Result>,
    images: readonly { imageId: string; model: string }[],
    call: Asked["call"],
  ): Promise<Result> => {
    try {
      return await question();
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
    for (const image of images) await openImage(image, call);
    return question();
  };
  return {
    openImage,
    segment: (request, call) => orSent(() => ask.segment(request, call), [request], call),
    propagate: (request, call) => {
      const { known, model } = request;
      const all = [request, ...known.map(({ imageId }) => ({ imageId, model }))];
      return orSent(() => ask.propagate(request, call), all, call);
    },
  };
}

/** Of many pictures it matters which one cannot be read. */
function ofFrame(error: unknown, number: number): unknown {
  if (!(error instanceof ServiceError) || !error.reason?.includes("IMAGE")) return error;
  const described = describeError(error);
  return new ServiceError({ ...described, message: `Frame ${number}: ${described.message}`, cause: error });
}
